import { expect, test } from 'vitest'
import { integrity } from '../../../processors/topics.ts'
import { candidateOf } from '../../../serving/candidate.ts'
import { Visibility } from '../../../serving/visibility/index.ts'
import { PendingRestrictions } from '../../../serving/visibility/pending-restrictions.ts'
import { noRestrictions, type Restrictions } from '../../../serving/visibility/restrictions.ts'
import { anEntry, containerId, eventId, later, postId, userId } from '../../processors/events.ts'
import { People } from '../people.ts'

const viewer = userId('user-1')
const found = (id: string) => candidateOf(anEntry({ postId: id, authorId: 'ann' }), 'friend')
const IDS = ['public', 'for-friends', 'in-group', 'gone', 'judged', 'unknown', 'edited-only']

const people = (): People =>
  new People()
    .post('public', { authorId: 'ann' })
    .post('for-friends', { authorId: 'ann', audience: 'friends' })
    .post('in-group', { authorId: 'ann', audience: 'group', containerId: 'climbers' })
    .post('gone', { authorId: 'ann' })
    .post('gone', { authorId: 'ann', action: 'deleted' })
    .post('judged', { authorId: 'ann' })
    .post('edited-only', { authorId: 'ann', action: 'edited' })
    .publish(integrity, {
      eventId: eventId('judgement'),
      postId: postId('judged'),
      verdict: 'remove',
      scores: {},
      at: later(0),
    })

const recheck = async (of: People, restrictions: Restrictions = noRestrictions) => {
  const { kept, removed } = await new Visibility(of.state.rows, restrictions).recheck(viewer, IDS.map(found))
  return {
    kept: kept.map(({ candidate }) => candidate.post.postId),
    removed: Object.fromEntries(removed.map(({ candidate, removal }) => [candidate.post.postId, removal])),
  }
}

test('posts are checked by rows as they are, whatever the candidate says', async () => {
  const gone = { gone: 'deleted', judged: 'integrity', unknown: 'deleted', 'edited-only': 'deleted' }
  expect(await recheck(people())).toEqual({
    kept: ['public'],
    removed: { 'for-friends': 'audience', 'in-group': 'audience', ...gone },
  })
  const tied = people()
    .tie({ userId: 'ann', targetId: 'user-1', kind: 'friend' })
    .tie({ targetId: 'climbers', kind: 'group' })
  expect(await recheck(tied)).toEqual({ kept: ['public', 'for-friends', 'in-group'], removed: gone })
})

test.each([
  ['by the viewer', { targetId: 'ann' }],
  ['by the author', { userId: 'ann', targetId: 'user-1' }],
])('a block or mute %s keeps all of the author away', async (_, who) => {
  for (const kind of ['block', 'mute'] as const) {
    const { kept, removed } = await recheck(people().tie({ ...who, kind }))
    expect(kept).toEqual([])
    expect(removed['public']).toBe('kept-apart')
  }
})

test('what is kept comes with what the post says now', async () => {
  const of = people().post('public', { authorId: 'ann', action: 'edited', text: 'new words', at: later(5) })
  const { kept } = await new Visibility(of.state.rows, noRestrictions).recheck(viewer, [found('public')])
  expect(kept[0]!.attributes).toMatchObject({ editedAt: later(5), content: { text: 'new words' } })
})

test('what is accepted and not processed is asked after the rows were read, and held until then', async () => {
  const order: string[] = []
  const of = people()
  of.state.onRead = (store) => order.push(store)
  const restrictions: Restrictions = {
    hold: () => {
      order.push('hold')
      return () => order.push('release')
    },
    removalOf: (_viewer, post) => {
      order.push(`ask ${post.postId} ${post.containerId}`)
      return 'deleted'
    },
    keepsApart: () => false,
  }
  const visibility = new Visibility(of.state.rows, restrictions)
  expect((await visibility.recheck(viewer, [found('public')])).kept).toEqual([])
  expect(order[0]).toBe('hold')
  expect(order.slice(-2)).toEqual(['ask public null', 'release'])
  const inGroup = await new Visibility(of.state.rows, noRestrictions).recheck(userId('ann'), [
    found('in-group'),
  ])
  visibility.removalOf(viewer, inGroup.kept[0]!)
  expect(order.at(-1)).toBe(`ask in-group ${containerId('climbers')}`)
})

test('whom an answer names is checked as authors are, by rows and by what is not in them yet', async () => {
  const commenters = ['bob', 'cyd', 'dan', 'eve'].map(userId)
  const commented = { ...found('public'), commenters }
  const of = people()
    .tie({ targetId: 'bob', kind: 'block' })
    .tie({ userId: 'cyd', targetId: 'user-1', kind: 'mute' })
  const waiting: Restrictions = {
    ...noRestrictions,
    keepsApart: (viewerId, otherId) => viewerId === viewer && otherId === 'dan',
  }
  const visibility = new Visibility(of.state.rows, waiting)
  const { kept } = await visibility.recheck(viewer, [commented])
  expect(kept[0]!.commenters).toEqual(['eve'])
  expect(visibility.nameable(viewer, commenters)).toEqual(['bob', 'cyd', 'eve'])
})

test('nothing is shown by rows that are lost while they are read', async () => {
  const { state } = people()
  const visibility = new Visibility(state.rows, new PendingRestrictions(state))
  state.afterRead = () => state.lose()
  await expect(visibility.recheck(viewer, [found('public')])).rejects.toThrow('CATCHING_UP')
})
