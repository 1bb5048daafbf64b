import { keyOf } from '../../engine/key.ts'
import { CONTENT_DIMENSIONS } from '../../processors/content/direction.ts'
import { readPostAttributes } from '../../processors/post-attributes.ts'
import type { Millis, PostId, UserId } from '../../schemas/ids.ts'
import { type Candidate, candidateOf, type Source } from '../candidate.ts'
import type { FeedStages } from '../feed-pipeline.ts'
import { sourceByTie } from '../network.ts'
import type { FeedQuery } from '../query.ts'
import { tasteVectorOf } from '../retrieval/viewer-side.ts'
import type { StateRows } from '../state-rows.ts'
import type { Viewer } from '../viewer.ts'
import { ViewerDraft } from '../viewer-draft.ts'
import type { Ranker } from './ranker.ts'
import type { Ranking } from './ranking.ts'

export interface GivenScorerParts {
  readonly rows: StateRows
  readonly ranker: Ranker
  /** The pipeline's own, so that a row says what it would say were the post served. */
  readonly stages: Pick<FeedStages, 'queryHydrators' | 'hydrators' | 'survivorHydrators'>
}

/** A post with the row that it was scored by: for who learns from what became of it. */
export interface ScoredPost {
  /** Its place among the posts that were given. */
  readonly place: number
  readonly candidate: Candidate
  /** Packed, as impressions log them. */
  readonly features: Buffer
  /** As impressions log them; zeros where nothing is known of the post. */
  readonly contentVector: Buffer
  readonly tasteVector: Buffer | null
}

/** Hears of the posts that were scored, before their rows are used again. */
export type HearScored = (posts: readonly ScoredPost[]) => void

/** Never aborted: who evaluates can wait. */
const { signal: PATIENT } = new AbortController()

/**
 * Scores posts that somebody else chose, as pass 1 would: for evaluation. Hydrators tell of them what they tell of
 * those that are served; no source finds them, no filter removes one, and no rule of pass 2 changes a value.
 */
export class GivenScorer {
  private readonly parts: GivenScorerParts

  constructor(parts: GivenScorerParts) {
    this.parts = parts
  }

  /**
   * Expected values, one a post, in the order given; −Infinity for a post that is not known or was deleted. At
   * most as many posts as the heavy matrix has rows. Throws what scoring and reading rows throw.
   */
  async score(
    userId: UserId,
    posts: readonly PostId[],
    asOf: Millis,
    hear?: HearScored,
  ): Promise<Float64Array> {
    const query: FeedQuery = { userId, limit: 1, asOf, device: null, surface: null, preview: true }
    const viewer = await this.viewer(query)
    const rows = await this.parts.rows.readMany(
      'post-attributes',
      posts.map((postId) => keyOf(postId)),
    )
    const values = new Float64Array(posts.length).fill(-Infinity)
    const places: number[] = []
    const candidates: Candidate[] = []
    for (const [place, row] of rows.entries()) {
      const candidate = row && candidateFrom(posts[place]!, row, viewer)
      if (!candidate) continue
      places.push(place)
      candidates.push(candidate)
    }
    const told =
      hear &&
      ((scored: ScoredPost[]): void => hear(scored.map((each) => ({ ...each, place: places[each.place]! }))))
    await this.hydrate(query, viewer, candidates)
    const scores = await this.scoreCandidates(query, viewer, candidates, told)
    for (const [at, place] of places.entries()) values[place] = scores[at]!
    return values
  }

  private async viewer(query: FeedQuery): Promise<Viewer> {
    const draft = new ViewerDraft(query.userId)
    const { queryHydrators } = this.parts.stages
    const written = await Promise.all(queryHydrators.map((stage) => stage.hydrate(query)))
    for (const write of written) write(draft)
    return draft
  }

  private async hydrate(query: FeedQuery, viewer: Viewer, candidates: readonly Candidate[]): Promise<void> {
    const { hydrators, survivorHydrators } = this.parts.stages
    const stages = [...hydrators, ...survivorHydrators]
    const written = await Promise.all(stages.map((stage) => stage.hydrate(query, viewer, candidates)))
    for (const write of written) write()
  }

  private async scoreCandidates(
    query: FeedQuery,
    viewer: Viewer,
    candidates: readonly Candidate[],
    hear: ((scored: ScoredPost[]) => void) | undefined,
  ): Promise<Float32Array> {
    const scores = new Float32Array(candidates.length)
    const ranking = this.parts.ranker.begin(query, viewer)
    try {
      const outputs = await ranking.scoreHeavy(candidates, PATIENT)
      ranking.configuration.valueModel.evaluate(outputs, candidates.length, scores, ranking.weights)
      if (hear !== undefined) {
        const tasteVector = tasteVectorOf(viewer)
        hear(candidates.map((candidate, row) => ({ ...scoredPost(ranking, candidate, row), tasteVector })))
      }
      return scores
    } finally {
      ranking.release()
    }
  }
}

/** By its place among the candidates. */
const scoredPost = (ranking: Ranking, candidate: Candidate, row: number): Omit<ScoredPost, 'tasteVector'> => {
  candidate.row = row
  const features = Buffer.alloc(ranking.featureBytesMax)
  const end = ranking.packFeatures(candidate, features, 0)
  const contentVector = Buffer.alloc(CONTENT_DIMENSIONS)
  ranking.copyContent(candidate, contentVector, 0)
  return { place: row, candidate, features: features.subarray(0, end), contentVector }
}

const candidateFrom = (postId: PostId, row: Buffer, viewer: Viewer): Candidate | null => {
  const { authorId, publishedAt, content } = readPostAttributes(row)
  if (publishedAt === null || content === null) return null
  const { kind, audience, containerId, language } = content
  const post = { postId, authorId, publishedAt, kind, audience, containerId, language }
  const source = sourceByTie(post, viewer) ?? strangersSource(postId, viewer)
  return { ...candidateOf(post, source), seen: viewer.seen.has(postId) }
}

/** The source that would have found a stranger's post. */
const strangersSource = (postId: PostId, viewer: Viewer): Source =>
  viewer.carried.has(postId) && !viewer.seen.has(postId) ? 'carried' : 'trending'
