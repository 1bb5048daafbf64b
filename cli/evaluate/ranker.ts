import type { IndexedPost } from '../../processors/topics/post-entry.ts'
import type { Millis, UserId } from '../../schemas/ids.ts'
import type { Candidate, Source } from '../feed/candidate.ts'
import { rank } from '../feed/ranking.ts'
import type { StateRows } from '../../serving/state-rows.ts'
import { readViewer, type Viewer } from '../feed/viewer.ts'

/** What is evaluated: says how well each post suits a user at a time. */
export interface Ranker {
  /**
   * A score for each post, in their order; the higher the better, equal for those it cannot tell apart. The
   * state holds every event before the one that is foretold, and none after it.
   */
  score(userId: UserId, posts: readonly IndexedPost[], asOf: Millis): Promise<Float64Array>
  /** Lets go of what it holds, before the runtime closes. */
  close(): Promise<void>
}

/** The first feed's formula over live features. */
export class FormulaRanker implements Ranker {
  private readonly rows: StateRows

  constructor(rows: StateRows) {
    this.rows = rows
  }

  async score(userId: UserId, posts: readonly IndexedPost[], asOf: Millis): Promise<Float64Array> {
    const viewer = await readViewer(this.rows, userId)
    const candidates = posts.map((post): Candidate => ({ post, source: sourceOf(post, viewer) }))
    const { ranked } = await rank(this.rows, viewer, candidates, asOf)
    const places = new Map(candidates.map((candidate, place) => [candidate, place]))
    const scores = new Float64Array(posts.length).fill(REMOVED_SCORE)
    for (const { candidate, score } of ranked) scores[places.get(candidate)!] = score
    return scores
  }

  async close(): Promise<void> {}
}

/** Of posts that moderation removed, which no ranking holds: below anything a formula says. */
const REMOVED_SCORE = -Number.MAX_VALUE

/** The strongest way in which the feed would have found the post. */
const sourceOf = ({ authorId, audience, containerId }: IndexedPost, viewer: Viewer): Source => {
  if (viewer.friends.has(authorId)) return 'friend'
  if (viewer.follows.has(authorId)) return 'follow'
  if (audience === 'group' && containerId !== null && viewer.groups.has(containerId)) return 'group'
  if (audience === 'page' && containerId !== null && viewer.pages.has(containerId)) return 'page'
  return viewer.touched.has(authorId) ? 'touched-author' : 'trending'
}
