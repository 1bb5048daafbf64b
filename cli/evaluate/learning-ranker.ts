import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { rankingRow } from '../../models/ranking-row.ts'
import { DEFAULT_LEARNER, Learner } from '../../models/training/learner.ts'
import type { IndexedPost } from '../../processors/topics/post-entry.ts'
import type { Example } from '../../schemas/examples/index.ts'
import type { Millis, RequestId, UserId } from '../../schemas/ids.ts'
import { RANKED_HASHTAGS_MAX } from '../../schemas/impressions/index.ts'
import type { ReactionKind } from '../../schemas/reactions/index.ts'
import { NO_STAGE_METRICS } from '../../serving/pipeline/metrics.ts'
import type { ScoredPost } from '../../serving/scorers/given-scorer.ts'
import { LEARNING_DIRECTORY } from '../learning/open.ts'
import { MODELS_DIRECTORY } from '../serving/models.ts'
import { serveSnapshot } from '../serving/serve-snapshot.ts'
import { openServing, type Serving } from '../serving/open.ts'
import type { Learn, Ranker } from './ranker.ts'
import type { EvaluationRuntime } from './runtime.ts'

/** Of the posts that one was chosen among, those that are learned as not chosen. */
export const NEGATIVES = 20
/** Interactions after which what was learned ranks. */
const SWAP_INTERACTIONS = 512

/**
 * Pass 1 of serving, which learns from each interaction that was ranked once it happens: the post as a positive of its
 * head, some of the others as negatives, with the very rows that they were ranked by. Every so many interactions what it
 * learned is swapped in, so the outcome is a function of the events.
 */
export class LearningRanker implements Ranker {
  private readonly serving: Serving
  private readonly learner: Learner
  private readonly snapshots: string
  private scored: readonly ScoredPost[] = []
  private interactions = 0
  private readonly swapInteractions: number

  private constructor(serving: Serving, learner: Learner, snapshots: string, swapInteractions: number) {
    this.serving = serving
    this.learner = learner
    this.snapshots = snapshots
    this.swapInteractions = swapInteractions
  }

  static async open(
    { embedded, directory, clock }: EvaluationRuntime,
    swapInteractions = SWAP_INTERACTIONS,
  ): Promise<LearningRanker> {
    const serving = await openServing({
      backend: embedded,
      data: directory,
      clock,
      metrics: NO_STAGE_METRICS,
    })
    const checkpoints = join(directory, LEARNING_DIRECTORY)
    await mkdir(checkpoints, { recursive: true })
    const { learner } = await Learner.open(checkpoints, DEFAULT_LEARNER)
    return new LearningRanker(serving, learner, join(directory, MODELS_DIRECTORY), swapInteractions)
  }

  async score(userId: UserId, posts: readonly IndexedPost[], asOf: Millis): Promise<Float64Array> {
    const ids = posts.map(({ postId }) => postId)
    return this.serving.given.score(userId, ids, asOf, (scored) => (this.scored = scored))
  }

  keep(): Learn {
    const kept = this.scored.slice(0, 1 + NEGATIVES)
    return (userId, kind, at) => this.learn(kept, userId, kind, at)
  }

  async close(): Promise<void> {
    await this.learner.dispose()
    await this.serving.close()
  }

  private async learn(
    posts: readonly ScoredPost[],
    userId: UserId,
    kind: ReactionKind,
    at: Millis,
  ): Promise<void> {
    const requestId = `interaction-${this.interactions++}` as RequestId
    for (const post of posts) {
      const example = exampleOf(post, { userId, requestId, at, kind: post.place === 0 ? kind : null })
      await this.learner.take(example)
    }
    if (this.interactions % this.swapInteractions === 0) await this.swap()
  }

  private async swap(): Promise<void> {
    await this.learner.flush()
    const written = await this.learner.snapshot(this.snapshots)
    await serveSnapshot(this.serving.models, written, 'learned while evaluated')
  }
}

interface Interaction {
  readonly userId: UserId
  readonly requestId: RequestId
  readonly at: Millis
  /** Null of a post that was not chosen. */
  readonly kind: ReactionKind | null
}

const exampleOf = (
  { candidate: { post, content, source }, features, contentVector, tasteVector }: ScoredPost,
  { userId, requestId, at, kind }: Interaction,
): Example => ({
  exampleId: `${requestId}-${post.postId}`,
  requestId,
  userId,
  postId: post.postId,
  authorId: post.authorId,
  position: 0,
  at,
  propensity: 1,
  modelVersion: 'evaluated',
  configVersion: 'evaluated',
  columnsHash: rankingRow.hash,
  features,
  phase: 'settled',
  labels: kind === null ? [] : [{ label: kind, at, value: null }],
  settledLabels: [],
  featuresEncoding: 'packed',
  source,
  containerId: post.containerId,
  hashtags: content?.hashtags.slice(0, RANKED_HASHTAGS_MAX) ?? [],
  isEarly: false,
  contentVector,
  postLanguage: null,
  postKind: null,
  tasteVector,
  viewerLanguage: null,
  heads: [],
  satisfaction: null,
  experiment: null,
})
