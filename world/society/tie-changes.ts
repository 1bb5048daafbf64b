import type { Closeness } from '../../schemas/connections/index.ts'
import type { Chance } from '../chance.ts'
import type { Journal } from '../events/journal.ts'
import type { Acquaintance } from './beginnings.ts'
import type { People } from './people.ts'
import type { Ties } from './ties.ts'

type Change =
  'befriend' | 'unfriend' | 'closeness' | 'follow' | 'unfollow' | 'join' | 'leave' | 'keep-away' | 'let-near'

/** How often each happens, relative to the others. */
const SHARES: readonly (readonly [Change, number])[] = [
  ['befriend', 30],
  ['unfriend', 6],
  ['closeness', 3],
  ['follow', 30],
  ['unfollow', 10],
  ['join', 10],
  ['leave', 5],
  ['keep-away', 4],
  ['let-near', 2],
]
const WEIGHTS = SHARES.map(([, share]) => share)
const BLOCK_SHARE = 0.4

/** Lets ties change, and writes down that they did. */
export class TieChanges {
  private readonly people: People
  private readonly ties: Ties
  private readonly journal: Journal
  private readonly acquaintance: Acquaintance

  constructor(people: People, ties: Ties, journal: Journal, acquaintance: Acquaintance) {
    this.people = people
    this.ties = ties
    this.journal = journal
    this.acquaintance = acquaintance
  }

  /** Some change of a user's; none where what is drawn does not apply to them. */
  any(user: number, at: number, chance: Chance): void {
    const [change] = SHARES[chance.weighted(WEIGHTS)]!
    switch (change) {
      case 'befriend':
        return this.befriend(user, this.acquaintance.friendFor(user, chance), at)
      case 'follow':
        return this.follow(user, this.acquaintance.authorFor(user, chance), at)
      case 'unfriend':
        return this.withOne(this.ties.friendsOf(user).keys(), chance, (other) =>
          this.unfriend(user, other, at),
        )
      case 'closeness':
        return this.withOne(this.ties.friendsOf(user).keys(), chance, (other) =>
          this.say(user, other, chance.happens(0.5) ? 'close' : 'none', at),
        )
      case 'unfollow':
        return this.withOne(this.ties.followsOf(user), chance, (other) => this.unfollow(user, other, at))
      case 'let-near':
        return this.withOne(this.ties.keptAwayBy(user).keys(), chance, (other) =>
          this.letNear(user, other, at),
        )
      case 'keep-away': {
        const how = chance.happens(BLOCK_SHARE) ? 'block' : 'mute'
        return this.keepAway(user, chance.below(this.people.count), how, at)
      }
      case 'join':
      case 'leave':
        return this.move(user, chance.below(this.ties.containers.length), change, at)
      default:
        return change satisfies never
    }
  }

  befriend(user: number, other: number, at: number): void {
    if (user === other || this.ties.friendsOf(user).has(other) || this.ties.isAway(user, other)) return
    this.say(user, other, 'none', at)
  }

  follow(user: number, author: number, at: number): void {
    if (user === author || this.ties.followsOf(user).has(author) || this.ties.isAway(user, author)) return
    this.ties.follow(user, author)
    this.connect(user, author, 'follow', 'added', at)
  }

  keepAway(user: number, other: number, how: 'block' | 'mute', at: number): void {
    if (user === other || this.ties.keptAwayBy(user).has(other)) return
    this.ties.keepAway(user, other, how)
    this.connect(user, other, how, 'added', at)
  }

  private letNear(user: number, other: number, at: number): void {
    const how = this.ties.keptAwayBy(user).get(other)!
    this.ties.letNear(user, other)
    this.connect(user, other, how, 'removed', at)
  }

  /** Friends, and how close they are. */
  private say(user: number, other: number, closeness: Closeness, at: number): void {
    this.ties.befriend(user, other, closeness)
    const between = { kind: 'friend', closeness, action: 'added' } as const
    const { ids } = this.people
    this.journal.connection({ userId: ids[user]!, targetId: ids[other]!, ...between }, at)
    this.journal.connection({ userId: ids[other]!, targetId: ids[user]!, ...between }, at)
  }

  private unfriend(user: number, other: number, at: number): void {
    this.ties.unfriend(user, other)
    this.connect(user, other, 'friend', 'removed', at)
    this.connect(other, user, 'friend', 'removed', at)
  }

  private unfollow(user: number, author: number, at: number): void {
    this.ties.unfollow(user, author)
    this.connect(user, author, 'follow', 'removed', at)
  }

  private move(user: number, container: number, change: 'join' | 'leave', at: number): void {
    if (this.ties.isMember(user, container) === (change === 'join')) return
    const { id: targetId, kind } = this.ties.containers[container]!
    if (change === 'join') this.ties.join(user, container)
    else this.ties.leave(user, container)
    const action = change === 'join' ? 'added' : 'removed'
    this.journal.connection({ userId: this.people.ids[user]!, targetId, kind, action }, at)
  }

  private connect(
    user: number,
    other: number,
    kind: 'friend' | 'follow' | 'block' | 'mute',
    action: 'added' | 'removed',
    at: number,
  ): void {
    const { ids } = this.people
    this.journal.connection({ userId: ids[user]!, targetId: ids[other]!, kind, action }, at)
  }

  private withOne(of: Iterable<number>, chance: Chance, act: (one: number) => void): void {
    const all = [...of]
    if (all.length > 0) act(chance.pick(all))
  }
}
