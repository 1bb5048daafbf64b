import type { Envelope } from '../../schemas/envelope.ts'
import { HOUR_MS, type Millis, type PostId, type UserId } from '../../schemas/ids.ts'
import type { Erasure, Reaction } from '../../schemas/index.ts'
import { Corpus, isPositive } from './corpus.ts'

/** Younger posts are not foretold: everybody finds what has just appeared. */
export const POST_AGE_MIN_MS = HOUR_MS

/** The span of event time in which interactions are foretold; both ends included. */
export interface EvaluatedSpan {
  /** Posts are ranked, and what follows told to a ranker that learns, from here on; measured are those from `from` on. */
  readonly learnFrom: Millis
  readonly from: Millis
  readonly to: Millis
}

/**
 * First positive interactions of the measured span, with posts at least an hour old, that no ranking before the first
 * touch can foretell: that touch came too early.
 */
export interface TouchedEarly {
  /** The user had met the post before the measured span. */
  readonly touched_before_span: number
  /** The user met the post within its first hour. */
  readonly touched_when_young: number
}
type Early = keyof TouchedEarly

/** Places in the order of events: where a post is first touched, and by that the interaction with it. */
export type ForetoldPlaces = ReadonlyMap<number, number>

/**
 * Looks ahead for what is to be foretold. A post is ranked before its user touches it in any way, for afterwards the
 * state holds that touch, which nothing else that is ranked has: it would give the answer away. Whether the touch
 * leads to an interaction is known only later, and to rank at each view that leads to none would take many times as
 * long. Nothing but the choice of what is ranked comes of looking ahead.
 */
export class Foretold {
  readonly places = new Map<number, number>()
  private readonly corpus = new Corpus()
  /** First touches that no interaction followed yet. */
  private readonly open = new PairMap<number>()
  /** The same of those that came too early to be measured. */
  private readonly early = new PairMap<Early>()
  private readonly counts: Record<Early, number> = { touched_before_span: 0, touched_when_young: 0 }
  private readonly span: EvaluatedSpan

  constructor(span: EvaluatedSpan) {
    this.span = span
  }

  get skipped(): TouchedEarly {
    return { ...this.counts }
  }

  /** Events must come in the order of their times, and none from after the span. */
  take(event: Envelope, place: number): void {
    const { contract, value } = event
    if (contract.topic === 'reactions') this.note(value as Reaction, place)
    else if (contract.topic === 'erasures') this.forget((value as Erasure).userId)
    this.corpus.apply(event)
  }

  private forget(userId: UserId): void {
    this.open.forget(userId)
    this.early.forget(userId)
  }

  private note(reaction: Reaction, place: number): void {
    const { userId, postId } = reaction
    if (userId === null) return
    this.noteTouch(userId, reaction, place)
    if (!isPositive(reaction)) return
    const early = this.early.take(userId, postId)
    if (early !== undefined && this.isEligible(reaction)) this.counts[early]++
    const touch = this.open.take(userId, postId)
    if (touch !== undefined) this.places.set(touch, place)
  }

  /** The first touch of a post that is there. */
  private noteTouch(userId: UserId, { postId, at }: Reaction, place: number): void {
    const post = this.corpus.post(postId)
    if (post === undefined || post.gone || this.corpus.hasTouched(userId, post)) return
    const isYoung = at - post.publishedAt < POST_AGE_MIN_MS
    if (!isYoung && at >= this.span.learnFrom) this.open.set(userId, postId, place)
    if (at < this.span.from) this.early.set(userId, postId, 'touched_before_span')
    else if (isYoung) this.early.set(userId, postId, 'touched_when_young')
  }

  /** By when it happens: an interaction of the measured span, with a post that is there and old enough by then. */
  private isEligible({ postId, at }: Reaction): boolean {
    const post = this.corpus.post(postId)!
    return at >= this.span.from && !post.gone && at - post.publishedAt >= POST_AGE_MIN_MS
  }
}

/** Something of a user and a post, each taken once; all of a user's go at once. */
class PairMap<Value> {
  private readonly byUser = new Map<UserId, Map<PostId, Value>>()

  set(userId: UserId, postId: PostId, value: Value): void {
    const own = this.byUser.get(userId) ?? new Map<PostId, Value>()
    this.byUser.set(userId, own.set(postId, value))
  }

  take(userId: UserId, postId: PostId): Value | undefined {
    const own = this.byUser.get(userId)
    const value = own?.get(postId)
    own?.delete(postId)
    return value
  }

  forget(userId: UserId): void {
    this.byUser.delete(userId)
  }
}
