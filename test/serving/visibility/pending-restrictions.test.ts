import { describe, expect, it } from 'vitest'
import type { Topic } from '../../../engine/topic.ts'
import { connections, integrity, posts, reactions } from '../../../processors/topics.ts'
import { restrictionOf } from '../../../serving/visibility/accepted.ts'
import { PendingRestrictions } from '../../../serving/visibility/pending-restrictions.ts'
import { aPost, aReaction, containerId, eventId, later, postId, userId } from '../../processors/events.ts'
import { aConnection } from '../../processors/personal-events.ts'
import { ServedState } from '../state.ts'

const rig = (restrictionsMax?: number) => {
  const state = new ServedState()
  const restrictions = new PendingRestrictions(state, restrictionsMax)
  const accept = <Value>(topic: Topic<Value>, value: Value): void => {
    state.accept(topic, value)
    const restriction = restrictionOf(topic.name, value)
    if (restriction !== null) restrictions.accept([restriction])
  }
  return { state, restrictions, accept }
}

const post = (author = 'ann', id = 'post-1', container: string | null = null) => ({
  postId: postId(id),
  authorId: userId(author),
  containerId: container === null ? null : containerId(container),
})

const viewer = userId('viewer')
const tie = (fields: Parameters<typeof aConnection>[0] = {}) =>
  aConnection({ userId: 'viewer', targetId: 'ann', ...fields })
const judged = (verdict: 'allow' | 'remove') => ({
  eventId: eventId('judgement'),
  postId: postId('post-1'),
  verdict,
  scores: {},
  at: later(0),
})

describe('what is accepted and not processed', () => {
  it.each(['block', 'mute'] as const)('keeps both sides of a %s apart', (kind) => {
    const { restrictions, accept } = rig()
    accept(connections, tie({ kind }))
    expect(restrictions.removalOf(viewer, post())).toBe('kept-apart')
    expect(restrictions.removalOf(userId('ann'), post('viewer'))).toBe('kept-apart')
    expect(restrictions.removalOf(userId('bob'), post())).toBeNull()
  })

  it('is let go of at once when rows know of it, in whatever order kinds of events came first', () => {
    const { state, restrictions, accept } = rig()
    accept(reactions, aReaction({ kind: 'block_author', userId: 'viewer', authorId: 'bob' }))
    state.settle()
    restrictions.settle()
    accept(connections, tie({ kind: 'block', action: 'added' }))
    state.settle()
    restrictions.settle()
    expect(restrictions.size).toBe(0)
  })

  it('keeps both sides apart of a block that is a reaction, until rows know of it', () => {
    const { state, restrictions, accept } = rig()
    accept(reactions, aReaction({ kind: 'block_author', userId: 'viewer', authorId: 'ann' }))
    accept(reactions, aReaction({ kind: 'block_author', userId: 'viewer', authorId: 'bob', undo: true }))
    accept(reactions, aReaction({ kind: 'report', userId: 'viewer', authorId: 'bob' }))
    expect(restrictions.removalOf(viewer, post())).toBe('kept-apart')
    expect(restrictions.removalOf(userId('ann'), post('viewer'))).toBe('kept-apart')
    expect(restrictions.removalOf(viewer, post('bob'))).toBeNull()
    state.settle()
    expect(restrictions.hasRoom()).toBe(true)
    restrictions.settle()
    expect(restrictions.size).toBe(0)
  })

  it('ends what ties a viewer to a friend, a group or a page', () => {
    const { restrictions, accept } = rig()
    accept(connections, tie({ kind: 'friend', action: 'removed', userId: 'ann', targetId: 'viewer' }))
    accept(connections, tie({ kind: 'group', action: 'removed', targetId: 'climbers' }))
    accept(connections, tie({ kind: 'page', action: 'removed', targetId: 'peaks' }))
    expect(restrictions.removalOf(viewer, post('ann'))).toBe('audience')
    expect(restrictions.removalOf(userId('ann'), post('viewer'))).toBe('audience')
    expect(restrictions.removalOf(viewer, post('bob', 'p', 'climbers'))).toBe('audience')
    expect(restrictions.removalOf(viewer, post('bob', 'p', 'peaks'))).toBe('audience')
    expect(restrictions.removalOf(viewer, post('viewer', 'p', 'peaks'))).toBeNull()
    expect(restrictions.removalOf(userId('bob'), post('cyd', 'p', 'peaks'))).toBeNull()
  })

  it('takes away what is deleted, moderated, or edited to be for fewer', () => {
    const { restrictions, accept } = rig()
    accept(posts, aPost({ postId: 'gone', action: 'deleted' }))
    accept(posts, aPost({ postId: 'narrowed', action: 'edited', audience: 'friends' }))
    accept(integrity, judged('remove'))
    expect(restrictions.removalOf(viewer, post('ann', 'gone'))).toBe('deleted')
    expect(restrictions.removalOf(viewer, post('ann', 'narrowed'))).toBe('audience')
    expect(restrictions.removalOf(userId('ann'), post('ann', 'narrowed'))).toBeNull()
    expect(restrictions.removalOf(viewer, post('ann', 'post-1'))).toBe('integrity')
  })

  it('never allows anything: what begins a tie, opens a post or takes a block back waits to be processed', () => {
    const { restrictions, accept } = rig()
    accept(connections, tie({ kind: 'friend' }))
    accept(connections, tie({ kind: 'follow', action: 'removed' }))
    accept(connections, tie({ kind: 'block', action: 'removed' }))
    accept(posts, aPost({ action: 'edited', audience: 'public' }))
    accept(integrity, judged('allow'))
    expect(restrictions.size).toBe(0)
    accept(connections, tie({ kind: 'block' }))
    accept(connections, tie({ kind: 'block', action: 'removed' }))
    expect(restrictions.removalOf(viewer, post())).toBe('kept-apart')
  })

  it('is let go of once rows know of it: of both sides', () => {
    const { state, restrictions, accept } = rig()
    accept(connections, tie({ kind: 'block' }))
    state.step()
    restrictions.settle()
    expect(restrictions.removalOf(userId('ann'), post('viewer'))).toBe('kept-apart')
    state.settle()
    restrictions.settle()
    expect(restrictions.removalOf(userId('ann'), post('viewer'))).toBeNull()
    expect(restrictions.size).toBe(0)
  })

  it('holds while another of the same waits', () => {
    const { state, restrictions, accept } = rig()
    accept(posts, aPost({ action: 'edited', audience: 'friends' }))
    state.settle()
    accept(posts, aPost({ action: 'edited', audience: 'friends', eventId: 'event-2' }))
    restrictions.settle()
    expect(restrictions.size).toBe(1)
    expect(restrictions.removalOf(viewer, post('ann'))).toBe('audience')
  })

  it('is not let go of while somebody reads who began before rows knew of it', () => {
    const { state, restrictions, accept } = rig()
    accept(posts, aPost({ action: 'deleted' }))
    const release = restrictions.hold()
    state.settle()
    const later_ = restrictions.hold()
    expect(restrictions.removalOf(viewer, post())).toBe('deleted')
    release()
    expect(restrictions.removalOf(viewer, post())).toBeNull()
    later_()
    expect(restrictions.size).toBe(0)
  })

  it('closes the door when too much of it waits, until some is processed', () => {
    const { state, restrictions, accept } = rig(2)
    accept(posts, aPost({ action: 'deleted' }))
    restrictions.assertRoom()
    accept(posts, aPost({ postId: 'post-2', action: 'deleted' }))
    expect(() => restrictions.assertRoom()).toThrow('BACKLOG_FULL')
    state.settle()
    restrictions.assertRoom()
    expect(restrictions.size).toBe(0)
  })
})

describe('what was accepted before the process began', () => {
  it('lets nobody read until it is processed, with what it tells the other side', () => {
    const state = new ServedState()
    state.accept(connections, tie({ kind: 'block' }))
    const restrictions = new PendingRestrictions(state)
    expect(() => restrictions.hold()).toThrow('CATCHING_UP')
    state.step()
    expect(() => restrictions.hold()).toThrow('CATCHING_UP')
    state.settle()
    restrictions.hold()()
    state.accept(connections, tie({ kind: 'block', eventId: 'event-2' }))
    restrictions.hold()()
  })

  it('does not wait for echoes of what came later, where it is looked at as processing goes on', () => {
    const state = new ServedState()
    state.accept(connections, tie({ kind: 'block' }))
    const restrictions = new PendingRestrictions(state)
    restrictions.settle()
    expect(restrictions.hasCaughtUp).toBe(false)
    state.settle()
    restrictions.settle()
    state.accept(connections, tie({ kind: 'block', eventId: 'event-2' }))
    state.step()
    expect(restrictions.hasCaughtUp).toBe(true)
    restrictions.hold()()
  })

  it('has been waited for, for good, though rows are lost later', () => {
    const state = new ServedState()
    state.publish(connections, tie({ kind: 'block' }))
    const restrictions = new PendingRestrictions(state)
    restrictions.settle()
    state.lose()
    expect(restrictions.hasCaughtUp).toBe(true)
    expect(() => restrictions.hold()).toThrow('CATCHING_UP')
  })

  it('lets nobody read again once rows are lost, until all of it is processed anew', () => {
    const state = new ServedState()
    state.publish(connections, tie({ kind: 'block' }))
    const restrictions = new PendingRestrictions(state)
    restrictions.hold()()
    state.lose()
    expect(() => restrictions.hold()).toThrow('CATCHING_UP')
    state.step()
    expect(() => restrictions.hold()).toThrow('CATCHING_UP')
    state.settle()
    restrictions.hold()()
  })
})
