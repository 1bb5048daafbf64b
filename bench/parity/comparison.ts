import { createHash } from 'node:crypto'
import type { PostId } from '../../schemas/ids.ts'
import type { Candidate, Impression } from '../../schemas/impressions/index.ts'
import { accountOf } from '../../serving/feed-account.ts'
import { FeedPipeline } from '../../serving/feed-pipeline.ts'
import { DEVICES } from '../../serving/query.ts'
import { tasteVectorOf } from '../../serving/retrieval/viewer-side.ts'
import type { Ranking } from '../../serving/scorers/ranking.ts'
import { Session } from '../../serving/sessions/session.ts'
import type { LocalServer } from '../local-server.ts'
import { sourcesOf } from './logged-sources.ts'

export interface ParityBenchResult {
  readonly feeds: number
  /** Posts shown, each logged with the features that it was scored by. */
  readonly impressions: number
  /** Of them those that the replay ranked too. Must be all. */
  readonly compared: number
  /** Of them those whose features or vectors the replay gave other bytes. Must be 0. */
  readonly different: number
  /** Of those compared: by the source that they were there by. */
  readonly sources: Readonly<Record<string, number>>
  /** Of those compared: with a vector of what they are about, and of what their viewer took to. */
  readonly contents: number
  readonly tastes: number
}

/** What was logged of a post: what it was scored by, and what it and its viewer are about. */
interface Logged extends Pick<Candidate, 'features' | 'contentVector'>, Pick<Impression, 'columnsHash'> {
  readonly tasteVector: Buffer | null
}

const NOTHING = Buffer.alloc(0)

/** Ranks what was logged again, in a server whose state is that of the same moment. */
export class Comparison {
  private readonly server: LocalServer
  private readonly sources: Record<string, number> = {}
  private feeds = 0
  private impressions = 0
  private compared = 0
  private different = 0
  private contents = 0
  private tastes = 0

  constructor(server: LocalServer) {
    this.server = server
  }

  async add(impression: Impression): Promise<void> {
    const again = await this.rankedAgain(impression)
    this.feeds++
    for (const candidate of impression.candidates) {
      this.impressions++
      const other = again.get(candidate.postId)
      if (other !== undefined) this.compare(impression, candidate, other)
    }
  }

  result(): ParityBenchResult {
    const { feeds, impressions, compared, different, sources, contents, tastes } = this
    return { feeds, impressions, compared, different, sources, contents, tastes }
  }

  private compare(impression: Impression, candidate: Candidate, other: string): void {
    const { columnsHash, tasteVector } = impression
    const { features, contentVector, source } = candidate
    this.compared++
    const found = source ?? 'unknown'
    this.sources[found] = (this.sources[found] ?? 0) + 1
    if (contentVector !== null) this.contents++
    if (tasteVector !== null) this.tastes++
    if (digestOf({ columnsHash, features, contentVector, tasteVector }) !== other) this.different++
  }

  /** What the same posts are ranked by now, as digests. */
  private async rankedAgain(impression: Impression): Promise<ReadonlyMap<PostId, string>> {
    const { serving, embedded } = this.server
    const { userId, at, surface, candidates, requestId } = impression
    const device = DEVICES.find((each) => each === impression.device) ?? null
    const sources = sourcesOf(serving.parts.stages, embedded.rows, candidates)
    const stages = { ...serving.parts.stages, sources }
    const pipeline = new FeedPipeline<Ranking>({ ...serving.parts, stages })
    const limit = candidates.length
    const feed = await pipeline.rank({ userId, limit, asOf: at, device, surface, preview: true })
    try {
      const session = new Session(requestId, requestId, feed, accountOf(feed), null)
      const { columnsHash } = session.models.heavy
      const tasteVector = tasteVectorOf(session)
      return new Map(
        session.items.postIds(session.items.length).map((postId, index) => {
          const features = session.featuresOf(index)
          const contentVector = session.contentVectorOf(index)
          return [postId, digestOf({ columnsHash, features, contentVector, tasteVector })]
        }),
      )
    } finally {
      feed.ranking.release()
    }
  }
}

const digestOf = ({ columnsHash, features, contentVector, tasteVector }: Logged): string => {
  const hash = createHash('sha256').update(columnsHash)
  // Lengths keep what ends one part from beginning the next; −1 is none at all.
  for (const part of [features, contentVector, tasteVector])
    hash.update(`${part?.length ?? -1} `).update(part ?? NOTHING)
  return hash.digest('base64')
}
