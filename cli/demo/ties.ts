import type { ConnectionKind } from '../../schemas/index.ts'
import type { Closeness } from '../../schemas/connections/v1.ts'
import { DAY_MS } from '../../schemas/ids.ts'
import type { Chance } from './chance.ts'
import type { Happening } from './event.ts'
import { likeness, NOTABLE_ID } from './people.ts'
import type { Person } from './people.ts'
import { SUBJECTS } from './phrases.ts'

export type Bond = 'family' | 'close' | 'friend' | 'follow' | 'group' | 'page'

/** Who is tied to whom when the posts begin, and the events that made it so. */
export interface Ties {
  /** The strongest bond of a reader to an author; undefined for strangers. */
  bond(reader: string, author: string): Bond | undefined
  isMember(reader: string, containerId: string): boolean
  /** Whether either keeps the other away. */
  isBlocked(one: string, other: string): boolean
  readonly happenings: readonly Happening[]
}

export const groupOf = (subject: string): string => `group-${subject}`
export const pageOf = (subject: string): string => `page-${subject}`

const FRIENDS_PER_PERSON = 6
const FOLLOWS_PER_PERSON = 6
/** What a reader's company is worth, where that of the busiest author is 1. */
const READER_OUTPUT = 0.2
const NOTABLE_FACTOR = 2.5
const TIE_AGE_DAYS_MAX = 600
/** Ties that were undone before the posts begin. */
const UNDONE_SHARE = 0.03
const BLOCKS_COUNT = 24

interface Tie {
  readonly userId: string
  readonly targetId: string
  readonly kind: ConnectionKind
  readonly closeness?: Closeness
}

class TieBook implements Ties {
  readonly happenings: Happening[] = []
  private readonly bonds = new Map<string, Bond>()
  private readonly members = new Set<string>()
  private readonly blocks = new Set<string>()
  private readonly from: number
  private readonly chance: Chance

  constructor(from: number, chance: Chance) {
    this.from = from
    this.chance = chance
  }

  bond(reader: string, author: string): Bond | undefined {
    return this.bonds.get(`${reader} ${author}`)
  }

  isMember(reader: string, containerId: string): boolean {
    return this.members.has(`${reader} ${containerId}`)
  }

  isBlocked(one: string, other: string): boolean {
    return this.blocks.has(`${one} ${other}`) || this.blocks.has(`${other} ${one}`)
  }

  befriend(one: string, other: string): void {
    const draw = this.chance.next()
    const bond = draw < 0.05 ? 'family' : draw < 0.25 ? 'close' : 'friend'
    const tie = { kind: 'friend', closeness: bond === 'friend' ? 'none' : bond } as const
    const lasts = this.add([
      { userId: one, targetId: other, ...tie },
      { userId: other, targetId: one, ...tie },
    ])
    if (!lasts) return
    this.bonds.set(`${one} ${other}`, bond)
    this.bonds.set(`${other} ${one}`, bond)
  }

  follow(userId: string, targetId: string): void {
    if (this.add([{ userId, targetId, kind: 'follow' }])) this.bonds.set(`${userId} ${targetId}`, 'follow')
  }

  join(userId: string, targetId: string, kind: 'group' | 'page'): void {
    if (this.add([{ userId, targetId, kind }])) this.members.add(`${userId} ${targetId}`)
  }

  keepAway(userId: string, targetId: string, kind: 'block' | 'mute'): void {
    if (this.add([{ userId, targetId, kind }])) this.blocks.add(`${userId} ${targetId}`)
  }

  /** Adds ties at one time, and may undo them later; answers whether they last. */
  private add(ties: readonly Tie[]): boolean {
    const at = this.from - this.chance.between(DAY_MS, TIE_AGE_DAYS_MAX * DAY_MS)
    for (const tie of ties)
      this.happenings.push({ topic: 'connections', at, fields: { ...tie, action: 'added' } })
    if (!this.chance.chance(UNDONE_SHARE)) return true
    const undoneAt = this.chance.between(at + 1, this.from)
    for (const tie of ties) {
      this.happenings.push({ topic: 'connections', at: undoneAt, fields: { ...tie, action: 'removed' } })
    }
    return false
  }
}

const share = (person: Person, count: number): number =>
  person.id === NOTABLE_ID ? Math.round(count * NOTABLE_FACTOR) : count

/** Friends of like taste and country, follows of authors, groups and pages by taste, a few blocks and mutes. */
export const ties = (everyone: readonly Person[], from: number, chance: Chance): Ties => {
  const book = new TieBook(from, chance)
  for (const person of everyone) {
    const closeTo = (other: Person): number => {
      const isNew = other !== person && book.bond(person.id, other.id) === undefined
      return isNew ? likeness(person, other) ** 3 * (person.country === other.country ? 4 : 1) : 0
    }
    const friends = chance.sample(
      everyone,
      share(person, FRIENDS_PER_PERSON / 2),
      (other) => (READER_OUTPUT + other.output) * closeTo(other),
    )
    for (const friend of friends) book.befriend(person.id, friend.id)
    const follows = chance.sample(
      everyone,
      share(person, FOLLOWS_PER_PERSON),
      (author) => author.output * closeTo(author),
    )
    for (const author of follows) book.follow(person.id, author.id)
    joinByTaste(person, book, chance)
  }
  keepSomeAway(everyone, book, chance)
  return book
}

const joinByTaste = (person: Person, book: TieBook, chance: Chance): void => {
  for (const [subject, { name }] of SUBJECTS.entries()) {
    const taste = person.tastes[subject]!
    const eagerness = person.id === NOTABLE_ID ? Math.round(taste) : taste ** 2
    if (chance.chance(eagerness)) book.join(person.id, groupOf(name), 'group')
    if (chance.chance(eagerness / 2)) book.join(person.id, pageOf(name), 'page')
  }
}

const keepSomeAway = (everyone: readonly Person[], book: TieBook, chance: Chance): void => {
  const authors = everyone.filter(({ output }) => output > 0)
  const isStranger = (reader: Person, author: Person): boolean =>
    author !== reader && book.bond(reader.id, author.id) === undefined
  for (let count = 0; count < BLOCKS_COUNT; count++) {
    const reader = count === 0 ? everyone[0]! : chance.pick(everyone)
    const author = chance.pick(authors.filter((each) => isStranger(reader, each)))
    book.keepAway(reader.id, author.id, count % 2 === 0 ? 'block' : 'mute')
  }
}
