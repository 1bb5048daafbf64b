import type { Embedded } from '../../cli/runtime/embedded.ts'
import type { Serving } from '../../cli/serving/open.ts'
import { CONTENT_DIMENSIONS, CONTENT_SCALE } from '../../processors/content/direction.ts'
import { contentVectorStart } from '../../processors/post-attributes.ts'
import type { Candidate } from '../../serving/candidate.ts'
import { FeedPipeline, type RankedFeed } from '../../serving/feed-pipeline.ts'
import type { FeedQuery } from '../../serving/query.ts'
import { PASS_0_KEPT_MAX } from '../../serving/quotas.ts'
import { RowWork } from '../../serving/rows/row-work.ts'
import type { StateRows } from '../../serving/state-rows.ts'

/** Every eligible candidate of a request, as both rankers see it: what pass 0 knows, and what pass 1 would say. */
export interface WholeRanking {
  readonly count: number
  /** Light rows, raw, one a candidate. */
  readonly rows: Float32Array
  /** Expected values by the heavy ranker. */
  readonly values: Float32Array
  /** What pass 0 gave. */
  readonly lightScores: Float32Array
  /** `CONTENT_DIMENSIONS` of what the viewer likes, and of what each candidate is about; zeros where it is not known. */
  readonly taste: Float32Array
  readonly contents: Float32Array
}

const { signal: PATIENT } = new AbortController()

/** Ranks whole: pass 1 scores also what pass 0 would drop, some hundreds at a time. */
export class WholeRanker {
  private readonly serving: Serving
  private readonly pipeline: FeedPipeline
  private readonly work: RowWork
  private readonly rows: StateRows

  constructor(embedded: Embedded, serving: Serving) {
    this.serving = serving
    this.pipeline = new FeedPipeline(serving.parts)
    this.work = new RowWork(embedded.features, embedded.rows)
    this.rows = embedded.rows
  }

  async rank(query: FeedQuery): Promise<WholeRanking> {
    const feed = await this.pipeline.rank(query)
    feed.ranking.release()
    const values = new Float32Array(feed.eligible.length)
    for (let first = 0; first < values.length; first += PASS_0_KEPT_MAX) {
      const some = feed.eligible.slice(first, first + PASS_0_KEPT_MAX)
      values.set(await this.valuesOf(feed, some), first)
    }
    const taste = feed.viewer.taste?.direction ?? new Float32Array(CONTENT_DIMENSIONS)
    const contents = await this.contentsOf(feed.eligible)
    return { count: values.length, values, taste, contents, ...(await this.lightOf(feed)) }
  }

  private async contentsOf(candidates: readonly Candidate[]): Promise<Float32Array> {
    const contents = new Float32Array(candidates.length * CONTENT_DIMENSIONS)
    await this.rows.visitIds(
      'post-attributes',
      candidates,
      ({ post }) => post.postId,
      (index, buffer, start, end) => {
        const vector = contentVectorStart(buffer, start, end)
        if (vector === -1) return
        for (let at = 0; at < CONTENT_DIMENSIONS; at++)
          contents[index * CONTENT_DIMENSIONS + at] = buffer.readInt8(vector + at) / CONTENT_SCALE
      },
    )
    return contents
  }

  private async valuesOf({ query, viewer }: RankedFeed, some: readonly Candidate[]): Promise<Float32Array> {
    const { stages, ranker } = this.serving.parts
    for (const stage of stages.survivorHydrators) (await stage.hydrate(query, viewer, some))()
    const ranking = ranker.begin(query, viewer)
    try {
      const values = new Float32Array(some.length)
      const outputs = await ranking.scoreHeavy(some, PATIENT)
      ranking.configuration.valueModel.evaluate(outputs, some.length, values, ranking.weights)
      return values
    } finally {
      ranking.release()
    }
  }

  private async lightOf({
    query,
    viewer,
    eligible,
  }: RankedFeed): Promise<Pick<WholeRanking, 'rows' | 'lightScores'>> {
    const lease = await this.serving.scorers.lease(PATIENT)
    try {
      await this.work.light(eligible, { query, viewer }, lease.light, () => undefined)
      await lease.score('light', eligible.length)
      const { rows, outputs, width } = lease.light
      return { rows: rows.slice(0, eligible.length * width), lightScores: outputs.slice(0, eligible.length) }
    } finally {
      lease.release()
    }
  }
}
