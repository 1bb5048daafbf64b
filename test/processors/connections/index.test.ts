import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ByteWriter } from '../../../engine/bytes.ts'
import { RECORD_BYTES_MAX } from '../../../engine/log/frame.ts'
import { node } from '../../../engine/topology.ts'
import {
  connections,
  type Connections,
  EDGES_BYTES_MAX,
  EDGES_MAX,
  readConnections,
} from '../../../processors/connections/index.ts'
import { type EdgeKind, Edges, edgesLayout } from '../../../processors/connections/edges.ts'
import { ERASURE_MEMORY_MS } from '../../../processors/erasure.ts'
import { followers, readFollowers } from '../../../processors/followers.ts'
import { connections as connectionTopic, erasures, reactions } from '../../../processors/topics.ts'
import { connectionsReversed } from '../../../processors/topics/connections-reversed.ts'
import { followerDeltas } from '../../../processors/topics/follower-deltas.ts'
import { CLOSENESSES, CONNECTION_KINDS, type Connection } from '../../../schemas/connections/index.ts'
import { ID_BYTES_MAX, type UserId } from '../../../schemas/ids.ts'
import { aReaction, later, T0 } from '../events.ts'
import { aConnection, anErasure } from '../personal-events.ts'
import { type Pick, picks, Pipeline } from '../pipeline.ts'

const inOrder: Pick = () => 0

const pipelineOf = (events: readonly Connection[], pick: Pick = inOrder): Pipeline => {
  const pipeline = new Pipeline([node(connections), node(followers)])
  pipeline.publish(connectionTopic, ...events)
  pipeline.drain(pick)
  return pipeline
}

const of = (pipeline: Pipeline, user: string): Connections =>
  readConnections(pipeline.of('connections').rows.get(user))

const followersOf = (pipeline: Pipeline, user: string): number => {
  const row = pipeline.of('followers').rows.get(user)
  return row === undefined ? 0 : readFollowers(row)
}

test('one event makes both sides of a friendship; closeness is for each side to say', () => {
  const pipeline = pipelineOf([aConnection({ closeness: 'close' })])
  expect(of(pipeline, 'user-1').friends).toEqual([{ id: 'user-2', since: T0, closeness: 'close' }])
  expect(of(pipeline, 'user-2').friends).toEqual([{ id: 'user-1', since: T0, closeness: 'none' }])
  pipeline.publish(
    connectionTopic,
    aConnection({ userId: 'user-2', targetId: 'user-1', closeness: 'family', at: later(5) }),
  )
  pipeline.drain(inOrder)
  expect(of(pipeline, 'user-1').friends).toEqual([{ id: 'user-2', since: T0, closeness: 'close' }])
  expect(of(pipeline, 'user-2').friends).toEqual([{ id: 'user-1', since: T0, closeness: 'family' }])
})

test('either friend ends the friendship for both', () => {
  const ended = aConnection({ userId: 'user-2', targetId: 'user-1', action: 'removed', at: later(1) })
  const pipeline = pipelineOf([aConnection(), ended])
  expect(of(pipeline, 'user-1').friends).toEqual([])
  expect(of(pipeline, 'user-2').friends).toEqual([])
})

test('a block and a mute are known to both sides, and taken back on both', () => {
  const blocked = [aConnection({ kind: 'block' }), aConnection({ kind: 'mute' })]
  const pipeline = pipelineOf(blocked)
  expect(of(pipeline, 'user-1')).toMatchObject({ blocks: new Set(['user-2']), mutes: new Set(['user-2']) })
  expect(of(pipeline, 'user-2')).toMatchObject({
    blockedBy: new Set(['user-1']),
    mutedBy: new Set(['user-1']),
  })
  pipeline.publish(connectionTopic, aConnection({ kind: 'block', action: 'removed', at: later(1) }))
  pipeline.drain(inOrder)
  expect(of(pipeline, 'user-1').blocks).toEqual(new Set())
  expect(of(pipeline, 'user-2')).toMatchObject({ blockedBy: new Set(), mutedBy: new Set(['user-1']) })
})

test('who blocks an author by a reaction has blocked them, on both sides, and unblocks in either way', () => {
  const block = aReaction({ kind: 'block_author', authorId: 'user-2' })
  const pipeline = new Pipeline([node(connections)])
  const blocked = (): unknown => [of(pipeline, 'user-1').blocks, of(pipeline, 'user-2').blockedBy]
  const publish = (...events: readonly (typeof block | Connection)[]): void => {
    for (const event of events)
      if ('postId' in event) pipeline.publish(reactions, event)
      else pipeline.publish(connectionTopic, event)
    pipeline.drain(inOrder)
  }
  const both = [new Set(['user-2']), new Set(['user-1'])]
  const none = [new Set(), new Set()]
  publish(block)
  expect(blocked()).toEqual(both)
  publish({ ...block, undo: true, at: later(1) })
  expect(blocked()).toEqual(none)
  publish({ ...block, at: later(3) }, { ...block, undo: true, at: later(2) })
  expect(blocked()).toEqual(both)
  publish(aConnection({ kind: 'block', action: 'removed', at: later(4) }))
  expect(blocked()).toEqual(none)
  publish({ ...block, userId: null, at: later(5) }, { ...block, authorId: 'user-1' as UserId, at: later(5) })
  expect(blocked()).toEqual(none)
})

test('groups, pages and follows belong to one side', () => {
  const events = (['group', 'page', 'follow'] as const).map((kind) =>
    aConnection({ kind, targetId: `a ${kind}` }),
  )
  const pipeline = pipelineOf(events)
  const { groups, pages, follows } = of(pipeline, 'user-1')
  expect([groups, pages, follows].flat().map(({ id }) => id)).toEqual(['a group', 'a page', 'a follow'])
  expect([...pipeline.of('connections').rows.keys()]).toEqual(['user-1'])
})

test('the length of a friendship counts from its last beginning', () => {
  const events = [
    aConnection({ at: later(1) }),
    aConnection({ action: 'removed', at: later(2) }),
    aConnection({ at: later(3) }),
    aConnection({ closeness: 'family', at: later(4) }),
  ]
  expect(of(pipelineOf(events), 'user-1').friends).toEqual([
    { id: 'user-2', since: later(3), closeness: 'family' },
  ])
})

const follow = (at: number, action: 'added' | 'removed' = 'added'): Connection =>
  aConnection({ kind: 'follow', action, at: later(at) })

test('a follower is counted once, and taken back by an unfollow', () => {
  const pipeline = pipelineOf([follow(1), follow(2), aConnection({ kind: 'follow', userId: 'user-3' })])
  expect(followersOf(pipeline, 'user-2')).toBe(2)
  pipeline.publish(connectionTopic, follow(4, 'removed'), follow(3), follow(5, 'removed'))
  pipeline.drain(inOrder)
  expect(followersOf(pipeline, 'user-2')).toBe(1)
})

const USERS = ['ann', 'bob', 'cyd', 'dörte']

const event = fc
  .record({
    userId: fc.constantFrom(...USERS),
    targetId: fc.constantFrom(...USERS),
    kind: fc.constantFrom(...CONNECTION_KINDS),
    closeness: fc.constantFrom(...CLOSENESSES),
    action: fc.constantFrom('added', 'added', 'removed'),
    at: fc.integer({ min: 1, max: 1_000 }),
  })
  .filter((each) => each.userId !== each.targetId)

const events = fc
  .uniqueArray(event, { selector: ({ at }) => at, maxLength: 40 })
  .map((all) => all.map((each) => aConnection({ ...each, at: later(each.at) })))

const sides = ({ userId, targetId, kind }: Connection): string[] => {
  if (kind !== 'friend') return [`${userId} ${kind} ${targetId}`]
  return [`${userId} friend ${targetId}`, `${targetId} friend ${userId}`]
}

/** Present edges by the newest event of each, as `user kind target since`. */
const expectedEdges = (all: readonly Connection[]): string[] => {
  const since = new Map<string, number>()
  for (const each of all.toSorted((one, other) => one.at - other.at)) {
    for (const side of sides(each)) {
      if (each.action === 'removed') since.delete(side)
      else if (!since.has(side)) since.set(side, each.at)
    }
  }
  return [...since].map(([side, at]) => `${side} ${at}`).sort()
}

const edgesOf = (pipeline: Pipeline): string[] =>
  USERS.flatMap((user) => {
    const { friends, follows, groups, pages, blocks, mutes } = of(pipeline, user)
    const lists = { friend: friends, follow: follows, group: groups, page: pages }
    return [
      ...Object.entries(lists).flatMap(([kind, list]) =>
        list.map(({ id, since }) => `${user} ${kind} ${id} ${since}`),
      ),
      ...[...blocks].map((id) => `${user} block ${id}`),
      ...[...mutes].map((id) => `${user} mute ${id}`),
    ]
  }).sort()

const withoutSince = (edge: string): string => edge.split(' ').slice(0, 3).join(' ')
const isSet = (edge: string): boolean => edge.includes(' block ') || edge.includes(' mute ')

test('in order of time, connections are those that a list of all events shows, since included', () => {
  fc.assert(
    fc.property(events, (all) => {
      const pipeline = pipelineOf([])
      for (const each of all.toSorted((one, other) => one.at - other.at)) {
        pipeline.publish(connectionTopic, each)
        pipeline.drain(inOrder)
      }
      const expected = expectedEdges(all).map((edge) => (isSet(edge) ? withoutSince(edge) : edge))
      expect(edgesOf(pipeline)).toEqual(expected.sort())
    }),
    { numRuns: 150 },
  )
})

test('in any order the same connections remain, their two sides agree, and followers are counted exactly', () => {
  fc.assert(
    fc.property(events, fc.nat(), (all, seed) => {
      const pipeline = pipelineOf(all, picks(seed))
      const expected = expectedEdges(all).map(withoutSince)
      expect(edgesOf(pipeline).map(withoutSince)).toEqual(expected.sort())
      for (const user of USERS) {
        const reversed = (kind: string): Set<string> =>
          new Set(
            expected.filter((edge) => edge.endsWith(` ${kind} ${user}`)).map((edge) => edge.split(' ')[0]!),
          )
        expect(of(pipeline, user).blockedBy).toEqual(reversed('block'))
        expect(of(pipeline, user).mutedBy).toEqual(reversed('mute'))
        expect(followersOf(pipeline, user)).toBe(reversed('follow').size)
      }
    }),
    { numRuns: 150 },
  )
})

/** A stored row of as many follows as a row keeps, the first the oldest. */
const fullRow = (): Buffer => {
  const edges = new Edges()
  edges.clear()
  for (let index = 0; index < EDGES_MAX.follow; index++) {
    edges.begin(edges.addEdge('follow', `user-${index}`), later(index))
  }
  const writer = new ByteWriter()
  writer.u8(edgesLayout.version)
  edges.save(writer)
  return writer.copy()
}

test('the edges that changed last are kept, whatever the order, and the others counted', () => {
  const harness = pipelineOf([]).of('connections')
  harness.rows.set('user-1', fullRow())
  const older = aConnection({ kind: 'follow', targetId: 'older', at: T0 - 1 })
  harness.apply(connectionTopic, older)
  harness.apply(connectionTopic, aConnection({ kind: 'follow', targetId: 'newer', at: later(1_000_000) }))
  harness.apply(connectionTopic, aConnection({ kind: 'friend', targetId: 'friend', at: T0 - 1 }))
  const { follows, friends } = readConnections(harness.row('user-1'))
  const kept = new Set<string>(follows.map(({ id }) => id))
  expect(kept.size).toBe(EDGES_MAX.follow)
  expect(['older', 'user-0', 'user-1', 'newer'].map((id) => kept.has(id))).toEqual([false, false, true, true])
  expect(friends).toHaveLength(1)
  expect(harness.counts.get('connections.dropped')).toBe(2)
})

test('a follow that gives way to newer ones is no follower any more', () => {
  const harness = pipelineOf([]).of('connections')
  harness.rows.set('user-1', fullRow())
  harness.apply(
    connectionTopic,
    aConnection({ kind: 'follow', targetId: 'last', at: later(EDGES_MAX.follow) }),
  )
  expect(harness.sent(followerDeltas).map((delta) => [delta.userId, delta.followers])).toEqual([
    ['last', 1],
    ['user-0', -1],
  ])
  expect(readConnections(harness.row('user-1')).follows).toHaveLength(EDGES_MAX.follow)
})

/** Ids as long as a contract lets them be. */
const longId = (index: number): string => `user-${index}-`.padEnd(ID_BYTES_MAX, 'x')
const LONG_EDGE_BYTES = 39 + ID_BYTES_MAX

/** A stored row of as many edges of these kinds as it may have and has bytes for, the first the oldest. */
const largeRow = (...kinds: readonly EdgeKind[]): Buffer => {
  const edges = new Edges()
  edges.clear()
  for (const kind of kinds) {
    for (let index = 0; index < EDGES_MAX[kind]; index++) {
      if (edges.size + LONG_EDGE_BYTES > EDGES_BYTES_MAX) break
      edges.begin(edges.addEdge(kind, longId(index)), later(index))
    }
  }
  const writer = new ByteWriter()
  writer.u8(edgesLayout.version)
  edges.save(writer)
  return writer.copy()
}

const reversed = (kind: 'block' | 'mute', otherId: string, at: number) => ({
  userId: 'user-1' as UserId,
  otherId: otherId as UserId,
  kind,
  removed: false,
  at: later(at),
})

test('a row without room for more gives up its oldest tie, so that nobody is beyond being blocked', () => {
  const harness = pipelineOf([]).of('connections')
  harness.rows.set('user-1', largeRow('follow'))
  const before = readConnections(harness.row('user-1')).follows.length
  harness.apply(connectionsReversed, reversed('block', longId(EDGES_MAX.follow), 1))
  const { blockedBy, follows } = readConnections(harness.row('user-1'))
  expect(blockedBy).toEqual(new Set([longId(EDGES_MAX.follow)]))
  expect(follows).toHaveLength(before - 1)
  expect(follows.map(({ id }) => id)).not.toContain(longId(0))
  expect(harness.sent(followerDeltas).map((delta) => [delta.userId, delta.followers])).toEqual([
    [longId(0), -1],
  ])
  expect(harness.row('user-1').length).toBeLessThanOrEqual(EDGES_BYTES_MAX + 1)
  expect(EDGES_BYTES_MAX + 1).toBeLessThan(RECORD_BYTES_MAX)
})

test('a tie takes no room from blocks and mutes, and a mute none from blocks, all of which fit', () => {
  const harness = pipelineOf([]).of('connections')
  harness.rows.set('user-1', largeRow('block', 'blocked-by', 'mute', 'muted-by'))
  const { blocks, blockedBy, mutes, mutedBy } = readConnections(harness.row('user-1'))
  expect([blocks.size, blockedBy.size]).toEqual([EDGES_MAX.block, EDGES_MAX['blocked-by']])
  expect(mutedBy.size).toBeLessThan(EDGES_MAX['muted-by'])
  const tie = aConnection({ kind: 'follow', targetId: longId(0), at: later(1_000_000) })
  harness.apply(connectionTopic, tie)
  expect(readConnections(harness.row('user-1'))).toMatchObject({ follows: [], mutes, mutedBy })
  harness.apply(connectionsReversed, reversed('mute', longId(9_999), 1_000_000))
  const after = readConnections(harness.row('user-1'))
  expect([after.blocks, after.blockedBy]).toEqual([blocks, blockedBy])
  expect(after.mutedBy).toContain(longId(9_999))
  expect(after.mutes.size + after.mutedBy.size).toBe(mutes.size + mutedBy.size)
})

test('an erasure ends the connections on both sides, refuses late ones, and is itself forgotten', () => {
  const pipeline = pipelineOf([
    aConnection(),
    aConnection({ kind: 'block', targetId: 'user-3' }),
    aConnection({ kind: 'follow', targetId: 'user-4' }),
    aConnection({ kind: 'block', userId: 'user-5', targetId: 'user-1' }),
    aConnection({ kind: 'group', targetId: 'kept', at: later(20) }),
  ])
  expect(followersOf(pipeline, 'user-4')).toBe(1)
  pipeline.publish(erasures, anErasure(later(10)))
  pipeline.drain(inOrder)
  pipeline.publish(connectionTopic, aConnection({ targetId: 'user-6', at: later(5) }))
  pipeline.publish(connectionTopic, aConnection({ userId: 'user-7', targetId: 'user-1', at: later(6) }))
  pipeline.drain(inOrder)
  const { groups, blockedBy, ...others } = of(pipeline, 'user-1')
  expect([...blockedBy]).toEqual(['user-5'])
  expect(groups.map(({ id }) => id)).toEqual(['kept'])
  expect(Object.values(others).every((each) => [...each].length === 0)).toBe(true)
  for (const user of ['user-2', 'user-6', 'user-7']) expect(of(pipeline, user).friends).toEqual([])
  expect(of(pipeline, 'user-3').blockedBy.size).toBe(0)
  expect(of(pipeline, 'user-5').blocks).toEqual(new Set(['user-1']))
  expect(followersOf(pipeline, 'user-4')).toBe(0)
  pipeline.publish(erasures, anErasure(later(30)))
  pipeline.drain(inOrder)
  pipeline.advance(later(30 + ERASURE_MEMORY_MS))
  expect(of(pipeline, 'user-1')).toMatchObject({ groups: [], blockedBy: new Set(['user-5']) })
  pipeline.publish(erasures, anErasure(later(40), 'user-2'))
  pipeline.drain(inOrder)
  pipeline.advance(later(40 + ERASURE_MEMORY_MS))
  expect(pipeline.of('connections').rows.has('user-2')).toBe(false)
})

test("a user's own erasure lifts no block or mute of them, whichever is heard of first", () => {
  for (const kind of ['block', 'mute'] as const) {
    for (const isErasedFirst of [false, true]) {
      const pipeline = pipelineOf([])
      const keepAway = aConnection({ kind, userId: 'user-2', targetId: 'user-1' })
      if (isErasedFirst) pipeline.publish(erasures, anErasure(later(10)))
      pipeline.drain(inOrder)
      pipeline.publish(connectionTopic, keepAway)
      pipeline.drain(inOrder)
      if (!isErasedFirst) pipeline.publish(erasures, anErasure(later(10)))
      pipeline.drain(inOrder)
      const { blockedBy, mutedBy } = of(pipeline, 'user-1')
      expect([...blockedBy, ...mutedBy]).toEqual(['user-2'])
      // Their own does, dated before the erasure here or not.
      pipeline.publish(erasures, anErasure(later(5), 'user-2', 'erasure-2'))
      pipeline.drain(inOrder)
      const after = of(pipeline, 'user-1')
      expect([...after.blockedBy, ...after.mutedBy]).toEqual([])
    }
  }
})
