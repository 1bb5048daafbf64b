import { POSTS_MAX } from '../parameters.ts'

const CAPACITY_START = 1_024
/** Commenters remembered of each post: the last ones. */
export const COMMENTERS_KEPT = 4
const DECAY_HALF_LIFE_MS = 86_400_000

/** What makes a post; its number says when it came. */
export interface PostFacts {
  readonly author: number
  /** Which of the author's posts it is, from 0. */
  readonly ordinal: number
  readonly at: number
  readonly subject: number
  readonly kind: number
  readonly audience: number
  /** −1 for none. */
  readonly container: number
  readonly language: number
  /** How good it is, whoever reads it: about normal, some far above. */
  readonly quality: number
  /** 0 to 1: how harmful it is. */
  readonly harm: number
  /** −1 for none. */
  readonly trend: number
  /** −1 for none. */
  readonly mention: number
}

/** Every post, as columns, in the order they were published. */
export class PostTable {
  count = 0
  author = new Int32Array(CAPACITY_START)
  ordinal = new Int32Array(CAPACITY_START)
  at = new Float64Array(CAPACITY_START)
  subject = new Uint8Array(CAPACITY_START)
  kind = new Uint8Array(CAPACITY_START)
  audience = new Uint8Array(CAPACITY_START)
  container = new Int32Array(CAPACITY_START)
  language = new Uint8Array(CAPACITY_START)
  quality = new Float32Array(CAPACITY_START)
  harm = new Float32Array(CAPACITY_START)
  trend = new Int32Array(CAPACITY_START)
  mention = new Int32Array(CAPACITY_START)
  /** When it went, deleted or removed; infinite while it is there. */
  goneAt = new Float64Array(CAPACITY_START)
  isEdited = new Uint8Array(CAPACITY_START)
  /** Positive reactions so far, and the same with a half-life of a day, as of `decayedAt`. */
  engagements = new Int32Array(CAPACITY_START)
  private decayed = new Float64Array(CAPACITY_START)
  private decayedAt = new Float64Array(CAPACITY_START)
  comments = new Int32Array(CAPACITY_START)
  /** `COMMENTERS_KEPT` a post; −1 for none. */
  commenters = new Int32Array(CAPACITY_START * COMMENTERS_KEPT).fill(-1)

  /** Throws a `RangeError` beyond `POSTS_MAX`. */
  add(facts: PostFacts): number {
    if (this.count === POSTS_MAX) throw new RangeError(`a world holds at most ${POSTS_MAX} posts`)
    if (this.count === this.at.length) this.grow()
    const post = this.count++
    this.author[post] = facts.author
    this.ordinal[post] = facts.ordinal
    this.at[post] = facts.at
    this.subject[post] = facts.subject
    this.kind[post] = facts.kind
    this.audience[post] = facts.audience
    this.container[post] = facts.container
    this.language[post] = facts.language
    this.quality[post] = facts.quality
    this.harm[post] = facts.harm
    this.trend[post] = facts.trend
    this.mention[post] = facts.mention
    this.goneAt[post] = Infinity
    this.decayedAt[post] = facts.at
    return post
  }

  /** A positive reaction; `by` −1 takes one back. */
  engage(post: number, at: number, by = 1): void {
    this.engagements[post]! += by
    this.decayed[post] = this.decayedEngagements(post, at) + by
    this.decayedAt[post] = at
  }

  decayedEngagements(post: number, at: number): number {
    return this.decayed[post]! * 2 ** (-(at - this.decayedAt[post]!) / DECAY_HALF_LIFE_MS)
  }

  comment(post: number, by: number): void {
    this.commenters[post * COMMENTERS_KEPT + (this.comments[post]! % COMMENTERS_KEPT)] = by
    this.comments[post]!++
  }

  isThere(post: number, at: number): boolean {
    return this.at[post]! <= at && at < this.goneAt[post]!
  }

  private grow(): void {
    const capacity = this.at.length * 2
    this.author = wider(this.author, new Int32Array(capacity))
    this.ordinal = wider(this.ordinal, new Int32Array(capacity))
    this.at = wider(this.at, new Float64Array(capacity))
    this.subject = wider(this.subject, new Uint8Array(capacity))
    this.kind = wider(this.kind, new Uint8Array(capacity))
    this.audience = wider(this.audience, new Uint8Array(capacity))
    this.container = wider(this.container, new Int32Array(capacity))
    this.language = wider(this.language, new Uint8Array(capacity))
    this.quality = wider(this.quality, new Float32Array(capacity))
    this.harm = wider(this.harm, new Float32Array(capacity))
    this.trend = wider(this.trend, new Int32Array(capacity))
    this.mention = wider(this.mention, new Int32Array(capacity))
    this.goneAt = wider(this.goneAt, new Float64Array(capacity))
    this.isEdited = wider(this.isEdited, new Uint8Array(capacity))
    this.engagements = wider(this.engagements, new Int32Array(capacity))
    this.decayed = wider(this.decayed, new Float64Array(capacity))
    this.decayedAt = wider(this.decayedAt, new Float64Array(capacity))
    this.comments = wider(this.comments, new Int32Array(capacity))
    this.commenters = wider(this.commenters, new Int32Array(capacity * COMMENTERS_KEPT).fill(-1))
  }
}

type Column = Float64Array | Float32Array | Int32Array | Uint8Array

const wider = <Made extends Column>(old: Made, made: Made): Made => {
  made.set(old)
  return made
}
