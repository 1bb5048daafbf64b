import { Random } from '../../engine/driver/random.ts'
import type { Envelope } from '../../schemas/envelope.ts'
import type { Reaction } from '../../schemas/index.ts'
import type { Millis, UserId } from '../../schemas/ids.ts'
import { audienceOf } from './audience.ts'
import { BASELINE_NAMES, BASELINES, type Baseline } from './baselines.ts'
import { Corpus, type KnownPost } from './corpus.ts'
import type { EvaluatedSpan, ForetoldPlaces } from './foretold.ts'
import { MetricSums, placementOf, type RankingMetrics } from './metrics.ts'
import type { Learn, Ranker } from './ranker.ts'
import type { EvaluationRuntime } from './runtime.ts'
import { type Drawn, drawOthers } from './sampling.ts'
import { Waiting } from './waiting.ts'

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

/** Interactions that are still to come and learned once they do. Each holds at most some 40 KB. */
const WAITING_MAX = 4_096

type Sums = Readonly<Record<Method, MetricSums>>

export interface EvaluationParts {
  readonly runtime: EvaluationRuntime
  readonly ranker: Ranker
  readonly span: EvaluatedSpan
  readonly seed: number
  readonly foretold: ForetoldPlaces
}

/** Progressive evaluation: every event is foretold, where it is to be, and then taken in. See README.md. */
export class Evaluation {
  private readonly corpus = new Corpus()
  private readonly random: Random
  /** Draws what is ranked before the span, so that within it the others are the same with learning and without. */
  private readonly randomBefore: Random
  private readonly parts: EvaluationParts
  private readonly waiting = new Waiting<Learn>(WAITING_MAX)
  private readonly sums = sumsOfAll()
  private readonly sumsOfKnown = sumsOfAll()
  private readonly sumsOfPassive = sumsOfAll()
  private readonly sumsOfPool = sumsOfAll()
  private readonly skips = { not_visible: 0, too_few_others: 0 }

  constructor(parts: EvaluationParts) {
    this.parts = parts
    this.random = new Random(parts.seed)
    this.randomBefore = new Random(parts.seed + 1)
  }

  get methods(): MethodMetrics {
    return metricsOf(this.sums)
  }

  /** Of users with at least `KNOWN_INTERACTIONS_MIN` interactions before the post was ranked. */
  get methodsOfKnown(): MethodMetrics {
    return metricsOf(this.sumsOfKnown)
  }

  /** Of users who look and rarely do more, as far as they had by then. */
  get methodsOfPassive(): MethodMetrics {
    return metricsOf(this.sumsOfPassive)
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

  /** Events must come in the order of their times, with their places in it. Answers a promise when the caller must wait. */
  take(event: Envelope, place: number): Promise<void> | undefined {
    const interactionPlace = this.parts.foretold.get(place)
    if (interactionPlace === undefined && !this.waiting.has(place)) return this.apply(event)
    return this.before(event.value as Reaction, place, interactionPlace).then(() => this.apply(event))
  }

  /** What is done before a reaction is taken in: its post is ranked, or what it was ranked by is learned, or both. */
  private async before(
    reaction: Reaction,
    place: number,
    interactionPlace: number | undefined,
  ): Promise<void> {
    if (interactionPlace !== undefined) await this.foretell(reaction, interactionPlace)
    await this.waiting.take(place)?.(reaction.userId!, reaction.kind, reaction.at)
  }

  private async foretell({ postId, userId, at }: Reaction, interactionPlace: number): Promise<void> {
    const ranked = await this.rank(this.corpus.post(postId)!, userId!, at)
    const learn = ranked && this.parts.ranker.keep?.()
    if (learn) this.waiting.add(interactionPlace, learn)
  }

  /** Answers whether the post could be ranked among others. */
  private async rank(post: KnownPost, userId: UserId, at: Millis): Promise<boolean> {
    const { corpus } = this
    const { runtime, ranker, span } = this.parts
    const isMeasured = at >= span.from
    await runtime.settle()
    const mayBeSeen = await audienceOf(runtime.rows, userId)
    if (post.removed || !mayBeSeen(post)) {
      if (isMeasured) this.skips.not_visible++
      return false
    }
    const random = isMeasured ? this.random : this.randomBefore
    const drawn = drawOthers(corpus, userId, post, mayBeSeen, random)
    if (drawn === undefined) {
      if (isMeasured) this.skips.too_few_others++
      return false
    }
    const posts = [post, ...drawn.others]
    const scores = await ranker.score(userId, posts, at)
    if (isMeasured) measure(this.sumsFor(userId, drawn), posts, scores, at)
    return true
  }

  private sumsFor(userId: UserId, { isInPool }: Drawn): readonly Sums[] {
    const isKnown = this.corpus.interactionsOf(userId) >= KNOWN_INTERACTIONS_MIN
    return [
      this.sums,
      ...(isKnown ? [this.sumsOfKnown] : []),
      ...(this.corpus.isPassive(userId) ? [this.sumsOfPassive] : []),
      ...(isInPool ? [this.sumsOfPool] : []),
    ]
  }

  private apply(event: Envelope): Promise<void> | undefined {
    this.corpus.apply(event)
    return this.parts.runtime.add(event)
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
