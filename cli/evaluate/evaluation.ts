import { Random } from '../../engine/driver/random.ts'
import type { Envelope } from '../../schemas/envelope.ts'
import type { Erasure, Integrity, Post, Reaction } from '../../schemas/index.ts'
import { HOUR_MS, type Millis } from '../../schemas/ids.ts'
import { audienceOf } from './audience.ts'
import { BASELINE_NAMES, BASELINES, type Baseline } from './baselines.ts'
import { Corpus, type KnownPost, POSITIVE } from './corpus.ts'
import { MetricSums, placementOf, type RankingMetrics } from './metrics.ts'
import type { Ranker } from './ranker.ts'
import type { EvaluationRuntime } from './runtime.ts'
import { drawOthers } from './sampling.ts'

/** Younger posts are not foretold: everybody finds what has just appeared. */
export const POST_AGE_MIN_MS = HOUR_MS
/** Earlier positive interactions that put a user into the segment of those who are known. */
export const KNOWN_INTERACTIONS_MIN = 5

export const METHODS = ['freshet', ...BASELINE_NAMES] as const satisfies readonly ('freshet' | Baseline)[]
export type Method = (typeof METHODS)[number]
export type MethodMetrics = Readonly<Record<Method, RankingMetrics>>

/** Interactions that would have been foretold, and were not. */
export interface Skipped {
  /** The user may not see the post by what Freshet knows: its audience, or a block. */
  readonly not_visible: number
  /** There were too few other posts. */
  readonly too_few_others: number
}

/** The span of event time in which interactions are foretold; both ends included. */
export interface EvaluatedSpan {
  /** Interactions are ranked, and told to a ranker that learns, from here on; measured are those from `from` on. */
  readonly learnFrom: Millis
  readonly from: Millis
  readonly to: Millis
}

type Sums = Readonly<Record<Method, MetricSums>>

/** Progressive evaluation: every event is foretold, where it is to be, and then taken in. See README.md. */
export class Evaluation {
  private readonly corpus = new Corpus()
  private readonly random: Random
  /** Draws what is ranked before the span, so that within it the others are the same with learning and without. */
  private readonly randomBefore: Random
  private readonly runtime: EvaluationRuntime
  private readonly ranker: Ranker
  private readonly span: EvaluatedSpan
  private readonly sums = sumsOfAll()
  private readonly sumsOfKnown = sumsOfAll()
  private readonly sumsOfPool = sumsOfAll()
  private readonly skips = { not_visible: 0, too_few_others: 0 }

  constructor(runtime: EvaluationRuntime, ranker: Ranker, span: EvaluatedSpan, seed: number) {
    this.runtime = runtime
    this.ranker = ranker
    this.span = span
    this.random = new Random(seed)
    this.randomBefore = new Random(seed + 1)
  }

  get methods(): MethodMetrics {
    return metricsOf(this.sums)
  }

  /** Of users with at least `KNOWN_INTERACTIONS_MIN` interactions before the one that is foretold. */
  get methodsOfKnown(): MethodMetrics {
    return metricsOf(this.sumsOfKnown)
  }

  /** Of interactions with posts that might have been drawn as others: nothing in how these are drawn tells them apart. */
  get methodsOfPool(): MethodMetrics {
    return metricsOf(this.sumsOfPool)
  }

  /** Interactions ranked so far. */
  get evaluated(): number {
    return this.sums.freshet.count
  }

  get skipped(): Skipped {
    return { ...this.skips }
  }

  /** Events must come in the order of their times. Answers a promise when the caller must wait. */
  take(event: Envelope): Promise<void> | undefined {
    const { topic } = event.contract
    if (topic !== 'reactions') return this.apply(event)
    const reaction = event.value as Reaction
    const post = this.foretold(reaction)
    if (post === undefined) return this.apply(event)
    return this.foretell(reaction, post).then(() => this.apply(event))
  }

  /** The post, where this is a user's first positive interaction with it and is to be foretold. */
  private foretold({ userId, postId, kind, undo, at }: Reaction): KnownPost | undefined {
    const isInSpan = at >= this.span.learnFrom && at <= this.span.to
    if (!isInSpan || userId === null || undo || !POSITIVE.has(kind)) return undefined
    const post = this.corpus.post(postId)
    if (post === undefined || post.gone || post.authorId === userId) return undefined
    if (at - post.publishedAt < POST_AGE_MIN_MS) return undefined
    return this.corpus.hasInteracted(userId, post) ? undefined : post
  }

  private async foretell(reaction: Reaction, post: KnownPost): Promise<void> {
    const { corpus, runtime, ranker } = this
    const { kind, at } = reaction
    const userId = reaction.userId!
    const isMeasured = at >= this.span.from
    await runtime.settle()
    const mayBeSeen = await audienceOf(runtime.rows, userId)
    if (post.removed || !mayBeSeen(post)) {
      if (isMeasured) this.skips.not_visible++
      return
    }
    const random = isMeasured ? this.random : this.randomBefore
    const drawn = drawOthers(corpus, userId, post, mayBeSeen, random)
    if (drawn === undefined) {
      if (isMeasured) this.skips.too_few_others++
      return
    }
    const posts = [post, ...drawn.others]
    const scores = await ranker.score(userId, posts, at)
    if (isMeasured) {
      const isKnown = corpus.interactionsOf(userId) >= KNOWN_INTERACTIONS_MIN
      const sums = [
        this.sums,
        ...(isKnown ? [this.sumsOfKnown] : []),
        ...(drawn.isInPool ? [this.sumsOfPool] : []),
      ]
      measure(sums, posts, scores, at)
    }
    await ranker.learn?.(userId, kind, at)
  }

  private apply(event: Envelope): Promise<void> | undefined {
    const { contract, value } = event
    if (contract.topic === 'posts') this.corpus.applyPost(value as Post)
    else if (contract.topic === 'reactions') this.corpus.applyReaction(value as Reaction)
    else if (contract.topic === 'integrity') this.corpus.applyIntegrity(value as Integrity)
    else if (contract.topic === 'erasures') this.corpus.forget((value as Erasure).userId)
    return this.runtime.add(event)
  }
}

/** Adds the placements of the first of the posts, by every method. */
const measure = (into: readonly Sums[], posts: readonly KnownPost[], own: Float64Array, at: Millis): void => {
  const note = (method: Method, scores: Float64Array): void => {
    const placement = placementOf(scores)
    for (const sums of into) sums[method].add(placement)
  }
  note('freshet', own)
  for (const name of BASELINE_NAMES) {
    note(
      name,
      Float64Array.from(posts, (post) => BASELINES[name](post, at)),
    )
  }
}

const sumsOfAll = (): Sums => byMethod(() => new MetricSums())

const metricsOf = (sums: Sums): MethodMetrics => byMethod((method) => sums[method].means())

const byMethod = <Value>(make: (method: Method) => Value): Record<Method, Value> => ({
  freshet: make('freshet'),
  popularity: make('popularity'),
  decayed: make('decayed'),
  recent: make('recent'),
  active: make('active'),
})
