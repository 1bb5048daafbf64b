import { connections, integrity, posts, reactions } from '../../../processors/topics.ts'
import type { Connection, ConnectionKind } from '../../../schemas/connections/index.ts'
import type { Integrity } from '../../../schemas/integrity/index.ts'
import type { Post } from '../../../schemas/posts/index.ts'
import type { Reaction } from '../../../schemas/reactions/index.ts'
import type { Event } from './society.ts'

/** A register of the contract: the newest by (at, eventId) holds. */
const newest = <Value extends { readonly at: number; readonly eventId: string }>(
  values: readonly Value[],
): Value | undefined =>
  values.reduce<Value | undefined>(
    (best, each) =>
      best === undefined || each.at > best.at || (each.at === best.at && each.eventId > best.eventId)
        ? each
        : best,
    undefined,
  )

/**
 * Who may see what, by the contracts alone, of everything that was accepted. A tie holds when it was added after
 * it was last removed; a friendship is one between both, whoever says so.
 */
export class Oracle {
  private readonly events: readonly Event[]

  constructor(events: readonly Event[]) {
    this.events = events
  }

  maySee(viewer: string, post: string): boolean {
    const shown = this.postOf(post)
    if (shown === null || this.isRemoved(post)) return false
    const { authorId, audience, containerId } = shown
    if (this.areApart(viewer, authorId)) return false
    if (authorId === viewer || audience === 'public') return true
    if (audience === 'friends') return this.areFriends(viewer, authorId)
    return containerId !== null && this.holds(viewer, containerId, audience)
  }

  /** Whether somebody may be told to the viewer as one who commented. */
  mayBeNamed(viewer: string, user: string): boolean {
    return !this.areApart(viewer, user)
  }

  /** Whether the viewer may hear that something was said under a post: by another, whom nobody keeps away. */
  mayHearOf(viewer: string, post: string): boolean {
    return this.reactionsTo(post).some(
      ({ kind, userId }) =>
        kind === 'comment' && userId !== null && userId !== viewer && !this.areApart(viewer, userId),
    )
  }

  /** Whether the viewer reacted to a post in any way, which counts as having seen it. */
  hasTouched(viewer: string, post: string): boolean {
    return this.reactionsTo(post).some(({ userId }) => userId === viewer)
  }

  private reactionsTo(post: string): Reaction[] {
    return this.events.flatMap(({ topic, value }) =>
      topic === reactions && (value as Reaction).postId === post ? [value as Reaction] : [],
    )
  }

  private postOf(post: string): Post | null {
    const own = this.events.flatMap(({ topic, value }) =>
      topic === posts && (value as Post).postId === post ? [value as Post] : [],
    )
    const isPublished = own.some(({ action }) => action === 'published')
    if (!isPublished || own.some(({ action }) => action === 'deleted')) return null
    return newest(own) ?? null
  }

  private isRemoved(post: string): boolean {
    const own = this.events.flatMap(({ topic, value }) =>
      topic === integrity && (value as Integrity).postId === post ? [value as Integrity] : [],
    )
    return newest(own)?.verdict === 'remove'
  }

  private areApart(one: string, other: string): boolean {
    return (['block', 'mute'] as const).some(
      (kind) => this.holds(one, other, kind) || this.holds(other, one, kind),
    )
  }

  private holds(user: string, target: string, kind: ConnectionKind): boolean {
    return isHeld(this.said(kind).filter((each) => each.userId === user && each.targetId === target))
  }

  private areFriends(one: string, other: string): boolean {
    const between = ({ userId, targetId }: Said): boolean =>
      (userId === one && targetId === other) || (userId === other && targetId === one)
    return isHeld(this.said('friend').filter(between))
  }

  private said(kind: ConnectionKind): Said[] {
    return this.events.flatMap(({ topic, value }) => {
      if (topic === reactions) return kind === 'block' ? saidBy(value as Reaction) : []
      const connection = value as Connection
      return topic === connections && connection.kind === kind ? [connection] : []
    })
  }
}

type Said = Pick<Connection, 'userId' | 'targetId' | 'action' | 'at'>

const saidBy = ({ kind, userId, authorId, undo, at }: Reaction): Said[] =>
  kind !== 'block_author' || userId === null || userId === authorId
    ? []
    : [{ userId, targetId: authorId, action: undo ? 'removed' : 'added', at }]

/** Removed at the very time it was added: removed. */
const isHeld = (said: readonly Said[]): boolean => {
  const lastOf = (action: Connection['action']): number =>
    Math.max(-Infinity, ...said.filter((each) => each.action === action).map(({ at }) => at))
  return lastOf('added') > lastOf('removed')
}
