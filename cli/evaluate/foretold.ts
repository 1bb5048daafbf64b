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
  private readonly open = new Map<UserId, Map<PostId, number>>()
  private readonly span: EvaluatedSpan

  constructor(span: EvaluatedSpan) {
    this.span = span
  }

  /** Events must come in the order of their times, and none from after the span. */
  take(event: Envelope, place: number): void {
    const { contract, value } = event
    if (contract.topic === 'reactions') this.note(value as Reaction, place)
    else if (contract.topic === 'erasures') this.open.delete((value as Erasure).userId)
    this.corpus.apply(event)
  }

  private note(reaction: Reaction, place: number): void {
    const { userId, postId } = reaction
    if (userId === null) return
    if (this.isFirstTouch(userId, reaction)) this.openOf(userId).set(postId, place)
    if (!isPositive(reaction)) return
    const touch = this.open.get(userId)?.get(postId)
    if (touch === undefined) return
    this.places.set(touch, place)
    this.open.get(userId)?.delete(postId)
  }

  /** In the span, and of a post that may be foretold. */
  private isFirstTouch(userId: UserId, { postId, at }: Reaction): boolean {
    if (at < this.span.learnFrom) return false
    const post = this.corpus.post(postId)
    if (post === undefined || post.gone || at - post.publishedAt < POST_AGE_MIN_MS) return false
    return !this.corpus.hasTouched(userId, post)
  }

  private openOf(userId: UserId): Map<PostId, number> {
    const known = this.open.get(userId)
    if (known !== undefined) return known
    const made = new Map<PostId, number>()
    this.open.set(userId, made)
    return made
  }
}
