import { Random } from '../engine/driver/random.ts'
import type { Envelope } from '../schemas/envelope.ts'
import { POST_KINDS } from '../schemas/posts/kinds.ts'
import { DAY_MS } from '../schemas/ids.ts'
import { posts } from '../schemas/posts/index.ts'
import { reactions } from '../schemas/reactions/index.ts'
import type { Reaction, ReactionKind } from '../schemas/reactions/index.ts'
import type { Contract } from '../schemas/contract.ts'
import type { PublicValue } from '../schemas/index.ts'

/** How often each kind comes among reactions: looking is common, the rest is rare. */
const MIX: readonly (readonly [ReactionKind, number])[] = [
  ['view', 0.5],
  ['dwell', 0.15],
  ['click', 0.12],
  ['like', 0.12],
  ['skip', 0.04],
  ['comment', 0.03],
  ['share', 0.015],
  ['save', 0.015],
  ['hide', 0.005],
  ['see_less', 0.005],
]

export const POSTS_PER_AUTHOR = 10

export const AUTHORS_PER_USER = 10
const GOLDEN_RATIO_PART = 0.6180339887

/**
 * A stream of reactions over `pairs` user-author pairs, all equally likely, so that no key is hot by itself.
 * Audiences follow a power law, as they do in life (Zipf's, exponent 1, over a hundredth as many authors as
 * pairs), and half of what is reacted to is an author's newest post, a quarter the one before, and so on.
 */
export class ReactionLoad {
  private readonly random: Random
  readonly pairs: number
  readonly authors: number
  private nextId = 0

  constructor(pairs: number, seed = 1) {
    this.random = new Random(seed)
    this.pairs = pairs
    this.authors = Math.max(1, Math.floor(pairs / 100))
  }

  get postCount(): number {
    return this.authors * POSTS_PER_AUTHOR
  }

  /**
   * The posts that reactions are of, ten an author, each with two of a thousand hashtags, in the order of their
   * times: every author writes one a day until `at`.
   */
  *posts(at: number): Generator<Envelope> {
    for (let index = 0; index < POSTS_PER_AUTHOR; index++) {
      const dayFrom = at - (POSTS_PER_AUTHOR - index) * DAY_MS
      for (let author = 0; author < this.authors; author++) {
        const value = posts.fromJson({
          eventId: `publish-${author}-${index}`,
          postId: `post-${author}-${index}`,
          authorId: `author-${author}`,
          action: 'published',
          kind: this.random.pick(POST_KINDS),
          audience: 'public',
          hashtags: [`topic${this.random.below(1000)}`, `tag${this.random.below(1000)}`],
          at: dayFrom + Math.floor((author * DAY_MS) / this.authors),
        })
        yield enveloped(posts, value)
      }
    }
  }

  /** The reaction of a pair: each user has ten authors. */
  reaction(pair: number, at: number): Reaction {
    const id = this.nextId++
    const author = this.authorOf(pair)
    const kind = this.kind()
    return reactions.fromJson({
      eventId: `event-${id.toString(36)}`,
      userId: `user-${Math.floor(pair / AUTHORS_PER_USER)}`,
      postId: `post-${author}-${this.newPost()}`,
      authorId: `author-${author}`,
      kind,
      at,
      // Never 0, for that would leave no row.
      ...(kind === 'dwell' && { value: 1 + this.random.below(60_000) }),
    })
  }

  /** A pair picked at random. */
  anyPair(): number {
    return this.random.below(this.pairs)
  }

  /** One author of each tenth of the (logarithmic) scale of audiences, so that a user's ten differ. */
  authorOf(pair: number): number {
    const user = Math.floor(pair / AUTHORS_PER_USER)
    const share = ((pair % AUTHORS_PER_USER) + ((user * GOLDEN_RATIO_PART) % 1)) / AUTHORS_PER_USER
    return Math.floor(this.authors ** share) - 1
  }

  private newPost(): number {
    const age = Math.floor(-Math.log2(1 - this.random.next()))
    return Math.max(0, POSTS_PER_AUTHOR - 1 - age)
  }

  /** The reaction of a pair picked at random. */
  anyReaction(at: number): Reaction {
    return this.reaction(this.anyPair(), at)
  }

  private kind(): ReactionKind {
    let rest = this.random.next()
    for (const [kind, share] of MIX) {
      rest -= share
      if (rest < 0) return kind
    }
    return 'view'
  }
}

/** A value with its contract, which alone looks into it; internal contracts are published like public ones. */
export const enveloped = <Value>(contract: Contract<Value>, value: Value): Envelope => ({
  contract: contract as unknown as Contract<PublicValue>,
  value: value as PublicValue,
})

export const envelopeOf = (value: Reaction): Envelope => enveloped(reactions, value)

/** `count` reactions as events. */
export function* reactionEvents(count: number, next: (index: number) => Reaction): Generator<Envelope> {
  for (let index = 0; index < count; index++) yield envelopeOf(next(index))
}
