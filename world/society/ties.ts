import type { Closeness } from '../../schemas/connections/index.ts'
import type { Container } from './containers.ts'

/** What an author is to a viewer; the greater, the closer. `AWAY`: one of them blocked or muted the other. */
export const TIE = { stranger: 0, follow: 1, friend: 2, close: 3, family: 4, away: 255 } as const

const FRIEND_TIE: Readonly<Record<Closeness, number>> = {
  none: TIE.friend,
  close: TIE.close,
  family: TIE.family,
}

/** Who is tied to whom and what, as it is now. Users are numbered as in People. */
export class Ties {
  readonly containers: readonly Container[]
  private readonly friends: readonly Map<number, Closeness>[]
  private readonly follows: readonly Set<number>[]
  /** Whom a user blocked or muted, and who did so to them. */
  private readonly kept: readonly Map<number, 'block' | 'mute'>[]
  private readonly keptBy: readonly Set<number>[]
  private readonly members: Uint8Array

  constructor(users: number, containers: readonly Container[]) {
    const each = <Made>(make: () => Made): readonly Made[] => Array.from({ length: users }, make)
    this.containers = containers
    this.friends = each(() => new Map())
    this.follows = each(() => new Set())
    this.kept = each(() => new Map())
    this.keptBy = each(() => new Set())
    this.members = new Uint8Array(users * containers.length)
  }

  friendsOf(user: number): ReadonlyMap<number, Closeness> {
    return this.friends[user]!
  }

  followsOf(user: number): ReadonlySet<number> {
    return this.follows[user]!
  }

  keptAwayBy(user: number): ReadonlyMap<number, 'block' | 'mute'> {
    return this.kept[user]!
  }

  isMember(user: number, container: number): boolean {
    return this.members[user * this.containers.length + container] === 1
  }

  befriend(one: number, other: number, closeness: Closeness): void {
    this.friends[one]!.set(other, closeness)
    this.friends[other]!.set(one, closeness)
  }

  unfriend(one: number, other: number): void {
    this.friends[one]!.delete(other)
    this.friends[other]!.delete(one)
  }

  follow(user: number, author: number): void {
    this.follows[user]!.add(author)
  }

  unfollow(user: number, author: number): void {
    this.follows[user]!.delete(author)
  }

  join(user: number, container: number): void {
    this.members[user * this.containers.length + container] = 1
  }

  leave(user: number, container: number): void {
    this.members[user * this.containers.length + container] = 0
  }

  keepAway(user: number, other: number, how: 'block' | 'mute'): void {
    this.kept[user]!.set(other, how)
    this.keptBy[other]!.add(user)
  }

  letNear(user: number, other: number): void {
    this.kept[user]!.delete(other)
    this.keptBy[other]!.delete(user)
  }

  /** Whether either keeps the other away. */
  isAway(one: number, other: number): boolean {
    return this.kept[one]!.has(other) || this.keptBy[one]!.has(other)
  }

  tie(viewer: number, author: number): number {
    if (this.isAway(viewer, author)) return TIE.away
    const closeness = this.friends[viewer]!.get(author)
    if (closeness !== undefined) return FRIEND_TIE[closeness]
    return this.follows[viewer]!.has(author) ? TIE.follow : TIE.stranger
  }

  /** Writes what everybody is to a viewer, one entry a user; entries of strangers are left as they are. */
  writeTies(viewer: number, ties: Uint8Array): void {
    for (const author of this.follows[viewer]!) ties[author] = TIE.follow
    for (const [author, closeness] of this.friends[viewer]!) ties[author] = FRIEND_TIE[closeness]
    for (const author of this.kept[viewer]!.keys()) ties[author] = TIE.away
    for (const author of this.keptBy[viewer]!) ties[author] = TIE.away
  }

  /** Takes back what `writeTies` wrote, as long as no tie of the viewer has changed. */
  clearTies(viewer: number, ties: Uint8Array): void {
    for (const author of this.follows[viewer]!) ties[author] = TIE.stranger
    for (const author of this.friends[viewer]!.keys()) ties[author] = TIE.stranger
    for (const author of this.kept[viewer]!.keys()) ties[author] = TIE.stranger
    for (const author of this.keptBy[viewer]!) ties[author] = TIE.stranger
  }
}
