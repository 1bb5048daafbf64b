import type { ReactionKind } from '../../schemas/index.ts'
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../../schemas/ids.ts'
import type { Chance } from './chance.ts'
import type { Happening } from './event.ts'
import { NOTABLE_ID } from './people.ts'
import type { Person } from './people.ts'
import type { DemoPost } from './posts.ts'
import type { Bond, Ties } from './ties.ts'

/** How much a bond adds to what a reader sees of an author, and to how warmly it is met. */
const CLOSENESS: Readonly<Record<Bond, number>> = {
  family: 1,
  close: 0.9,
  friend: 0.65,
  follow: 0.4,
  group: 0.25,
  page: 0.2,
}
const STRANGER = 0.02

const READERS_PER_POST = 4
const READERS_MAX = 60
const DELAY_MEAN_MS = 3 * HOUR_MS
const DWELL_MAX_MS = 2 * MINUTE_MS

/** The notable reader has been away for this long, so that her feed has much that is new. */
const NOTABLE_AWAY_MS = 4 * HOUR_MS

const bondOf = (reader: Person, post: DemoPost, ties: Ties): Bond | undefined => {
  const bond = ties.bond(reader.id, post.author.id)
  if (bond !== undefined || post.containerId === undefined) return bond
  if (!ties.isMember(reader.id, post.containerId)) return undefined
  return post.audience === 'group' ? 'group' : 'page'
}

const maySee = (reader: Person, post: DemoPost, bond: Bond | undefined, ties: Ties): boolean => {
  if (reader === post.author || ties.isBlocked(reader.id, post.author.id)) return false
  if (post.audience === 'friends') return bond === 'family' || bond === 'close' || bond === 'friend'
  if (post.audience === 'group') return ties.isMember(reader.id, post.containerId ?? '')
  return true
}

/** From 0 to 1: how much a reader likes the subject. */
const tasteFor = (reader: Person, post: DemoPost): number => reader.tastes[post.subject] ?? 0

/** What the readers of a post do with it until `now`. */
export const reactionsTo = (
  post: DemoPost,
  everyone: readonly Person[],
  ties: Ties,
  now: number,
  chance: Chance,
): readonly Happening[] => {
  const weightOf = (reader: Person): number => {
    const bond = bondOf(reader, post, ties)
    if (!maySee(reader, post, bond, ties)) return 0
    const closeness = bond === undefined ? STRANGER : CLOSENESS[bond]
    return reader.activity * closeness * (0.2 + tasteFor(reader, post))
  }
  const readers = Math.min(READERS_MAX, Math.round(READERS_PER_POST * post.appeal))
  return chance
    .sample(everyone, readers, weightOf)
    .flatMap((reader) => new Visit(reader, post, bondOf(reader, post, ties), chance).happenings(now))
}

/** One reader's meeting with one post. */
class Visit {
  private readonly reader: Person
  private readonly post: DemoPost
  private readonly bond: Bond | undefined
  private readonly chance: Chance
  private readonly done: Happening[] = []
  private at: number

  constructor(reader: Person, post: DemoPost, bond: Bond | undefined, chance: Chance) {
    this.reader = reader
    this.post = post
    this.bond = bond
    this.chance = chance
    this.at = post.at + Math.round(chance.exponential(DELAY_MEAN_MS))
  }

  happenings(now: number): readonly Happening[] {
    const warmth = this.warmth()
    this.react('view')
    if (this.chance.chance(0.5 - 0.5 * warmth)) this.leave(warmth)
    else this.stay(warmth)
    const until = this.reader.id === NOTABLE_ID ? now - NOTABLE_AWAY_MS : now
    return this.done.filter(({ at }) => at <= Math.min(until, this.post.deletedAt))
  }

  /** From 0 to 1: taste and who wrote it count most, then how good it is. */
  private warmth(): number {
    const closeness = this.bond === undefined ? 0 : CLOSENESS[this.bond]
    const warmth =
      0.45 * tasteFor(this.reader, this.post) + 0.4 * closeness + 0.15 * Math.tanh(this.post.appeal / 2)
    return Math.min(1, Math.max(0, warmth + 0.08 * this.chance.normal()))
  }

  private leave(warmth: number): void {
    this.react('skip')
    if (this.chance.chance(0.15 * (1 - warmth))) this.react('see_less')
    else if (this.chance.chance(0.1 * (1 - warmth))) this.react('hide')
    if (this.chance.chance(0.02)) this.react('report')
  }

  private stay(warmth: number): void {
    const dwell = Math.min(
      DWELL_MAX_MS,
      Math.round((2 + 18 * warmth) * SECOND_MS * Math.exp(0.5 * this.chance.normal())),
    )
    this.at += dwell
    this.react('dwell', { value: dwell })
    if (this.chance.chance(warmth * 0.9)) this.like()
    if (this.chance.chance(warmth * 0.35)) this.comment()
    if (this.chance.chance(warmth * 0.3)) this.react('click')
    if (this.chance.chance(warmth * 0.15)) this.react('save')
    if (this.chance.chance(warmth * 0.12)) this.react('share')
    if (this.bond === undefined && this.chance.chance(warmth * 0.4)) this.meet()
  }

  private like(): void {
    this.react('like')
    if (!this.chance.chance(0.03)) return
    const later = Math.round(this.chance.exponential(HOUR_MS))
    this.done.push(this.reaction('like', this.at + later, { undo: true }))
  }

  private comment(): void {
    this.react('comment', { commentId: `${this.post.postId}-by-${this.reader.id}` })
  }

  /** A stranger's post was good: the reader looks at who wrote it, and may follow. */
  private meet(): void {
    this.react('profile_click')
    if (!this.chance.chance(0.3)) return
    this.react('follow_author')
    this.done.push({
      topic: 'connections',
      at: this.at,
      fields: { userId: this.reader.id, targetId: this.post.author.id, kind: 'follow', action: 'added' },
    })
  }

  /** Reacts some seconds after what was done before. */
  private react(kind: ReactionKind, more: Readonly<Record<string, unknown>> = {}): void {
    this.at += this.chance.between(200, 8 * SECOND_MS)
    this.done.push(this.reaction(kind, this.at, more))
  }

  private reaction(kind: ReactionKind, at: number, more: Readonly<Record<string, unknown>>): Happening {
    const { reader, post } = this
    const fields = {
      userId: reader.id,
      postId: post.postId,
      authorId: post.author.id,
      kind,
      surface: 'feed',
      ...more,
    }
    return { topic: 'reactions', at, fields }
  }
}
