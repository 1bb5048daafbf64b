import type { IndexedPost } from '../../processors/topics/post-entry.ts'
import type { Millis, UserId } from '../../schemas/ids.ts'
import type { ReactionKind } from '../../schemas/reactions/index.ts'
import { NO_STAGE_METRICS } from '../../serving/pipeline/metrics.ts'
import { openServing, type Serving } from '../serving/open.ts'
import type { EvaluationRuntime } from './runtime.ts'

/** What is evaluated: says how well each post suits a user at a time. */
export interface Ranker {
  /**
   * A score for each post, in their order; the higher the better, equal for those it cannot tell apart. The
   * state holds every event before the user's first touch of the first of the posts, and none after it.
   */
  score(userId: UserId, posts: readonly IndexedPost[], asOf: Millis): Promise<Float64Array>
  /** Keeps what the posts scored last were scored by, to learn from it once the interaction with the first one comes. */
  keep?(): Learn
  /** Lets go of what it holds, before the runtime closes. */
  close(): Promise<void>
}

/** Told of an interaction when it happens: learns from the posts that it was foretold among. */
export type Learn = (userId: UserId, kind: ReactionKind, at: Millis) => Promise<void>

/** Pass 1 of serving: the heavy model over live features, and the value model. */
export class HeavyRanker implements Ranker {
  private readonly serving: Serving

  private constructor(serving: Serving) {
    this.serving = serving
  }

  /** Scores with the models that a new data directory begins with. */
  static async open({ embedded, directory, clock }: EvaluationRuntime): Promise<HeavyRanker> {
    return new HeavyRanker(
      await openServing({
        backend: embedded,
        data: directory,
        clock,
        metrics: NO_STAGE_METRICS,
        retrieves: false,
      }),
    )
  }

  async score(userId: UserId, posts: readonly IndexedPost[], asOf: Millis): Promise<Float64Array> {
    return this.serving.given.score(
      userId,
      posts.map(({ postId }) => postId),
      asOf,
    )
  }

  async close(): Promise<void> {
    await this.serving.close()
  }
}
