import { on, type Context, type Processor } from '../../engine/processor.ts'
import type { Connection, ConnectionKind } from '../../schemas/connections/index.ts'
import { type Millis, millis, type UserId } from '../../schemas/ids.ts'
import { ERASURE_MEMORY_MS } from '../erasure.ts'
import { NO_ENTRY } from '../id-entries.ts'
import { connections as connectionTopic, erasures, reactions } from '../topics.ts'
import {
  connectionsReversed,
  REVERSED_KINDS,
  type ReversedConnection,
  type ReversedKind,
} from '../topics/connections-reversed.ts'
import { followerDeltas } from '../topics/follower-deltas.ts'
import { blockOf, isBlocking } from './blocking-reactions.ts'
import { type EdgeKind, type Edges, edgesLayout, REVERSE_OF } from './edges.ts'

export { EDGES_BYTES_MAX, EDGES_MAX } from './edges.ts'
export { blockOf, isBlocking } from './blocking-reactions.ts'
export { readConnections, type Connections, type Edge } from './reader.ts'

const connect = (event: Connection, state: Edges, context: Context): boolean => {
  if (event.at <= state.erasedAt) return false
  tellOther(event, context)
  return change(state, event, event.kind, context)
}

const isReversed = (kind: ConnectionKind): kind is ReversedKind => REVERSE_OF[kind] !== null

const tellOther = (event: Connection, context: Context): void => {
  const { kind, targetId, userId, at } = event
  if (!isReversed(kind)) return
  // A friend, a blocked or a muted one is a user; only groups and pages are containers.
  const value = { userId: targetId as UserId, otherId: userId, kind, removed: event.action === 'removed', at }
  context.emit(connectionsReversed, value)
}

const change = (state: Edges, event: Connection, kind: EdgeKind, context: Context): boolean => {
  const found = state.edge(kind, event.targetId)
  const entry = found === NO_ENTRY ? state.addEdge(kind, event.targetId) : found
  const wasPresent = state.isPresent(entry)
  const removed = event.action === 'removed'
  const moved = removed ? state.finish(entry, event.at) : state.begin(entry, event.at)
  const said = !removed && state.setCloseness(entry, event.closeness, event.at)
  const isPresent = state.isPresent(entry)
  if (kind === 'follow' && wasPresent !== isPresent)
    tellFollowed(event.targetId, isPresent ? 1 : -1, event.at, context)
  if (found === NO_ENTRY) dropExcess(state, kind, event.at, context)
  return moved || said
}

const tellFollowed = (targetId: string, followers: number, at: Millis, context: Context): void => {
  context.emit(followerDeltas, { userId: targetId as UserId, followers, at })
}

const dropExcess = (state: Edges, kind: EdgeKind, at: Millis, context: Context): void => {
  const oldest = state.excess(kind)
  if (oldest !== NO_ENTRY) drop(state, oldest, at, context)
  for (let entry = state.overweight(); entry !== NO_ENTRY; entry = state.overweight()) {
    drop(state, entry, at, context)
  }
}

const drop = (state: Edges, entry: number, at: Millis, context: Context): void => {
  const isFollow = state.kind(entry) === 'follow' && state.isPresent(entry)
  if (isFollow) tellFollowed(state.target(entry), -1, at, context)
  state.remove(entry)
  context.count('connections.dropped')
}

/**
 * Writes what the other side did. A friend that an erased user had before is told that it is over; blocks and mutes are
 * the other side's own, and hold whatever was erased here.
 */
const connectReversed = (event: ReversedConnection, state: Edges, context: Context): boolean => {
  const { userId, otherId, kind, removed, at } = event
  if (kind === 'friend' && at <= state.erasedAt) {
    if (!removed) tellEnd(userId, otherId, kind, at, context)
    return false
  }
  const edge = REVERSE_OF[kind]!
  const found = state.edge(edge, otherId)
  const entry = found === NO_ENTRY ? state.addEdge(edge, otherId) : found
  const changed = removed ? state.finish(entry, at) : state.begin(entry, at)
  if (found === NO_ENTRY) dropExcess(state, edge, at, context)
  return changed
}

const tellEnd = (userId: UserId, otherId: string, kind: ReversedKind, at: Millis, context: Context): void => {
  context.emit(connectionsReversed, { userId: otherId as UserId, otherId: userId, kind, removed: true, at })
}

/** Who others keep away is for them to say: that a user erases themselves lifts nobody's block of them. */
const isOthersWord = (kind: EdgeKind): boolean => kind === 'blocked-by' || kind === 'muted-by'

/** Takes away every edge of the user's own not changed since, on the other side too. */
const erase = (userId: UserId, at: Millis, state: Edges, context: Context): boolean => {
  if (at <= state.erasedAt) return false
  state.removeWhere((entry) => {
    if (state.changedAt(entry) > at || isOthersWord(state.kind(entry))) return false
    if (state.isPresent(entry)) tellErased(userId, state, entry, context)
    return true
  })
  state.erasedAt = at
  context.timer(millis(at + ERASURE_MEMORY_MS))
  return true
}

/** Dated to the edge itself, which that ends: so it is the same whether edge or erasure is heard of first. */
const tellErased = (userId: UserId, state: Edges, entry: number, context: Context): void => {
  const kind = state.kind(entry)
  const target = state.target(entry)
  const at = millis(state.changedAt(entry))
  if (kind === 'follow') tellFollowed(target, -1, at, context)
  const reversed = REVERSED_KINDS.find((each) => each === kind)
  if (reversed !== undefined) tellEnd(userId, target, reversed, at, context)
}

const forgetErasure = (at: Millis, state: Edges): boolean => {
  if (state.erasedAt === 0 || state.erasedAt > at - ERASURE_MEMORY_MS) return false
  state.erasedAt = 0
  return true
}

/**
 * Friends, follows, groups, pages, blocks and mutes of a user, and who blocked and muted them. Who blocks an author
 * by a reaction has blocked them, as by a connection. One event makes both sides: the other side's row hears of it through `connections-reversed`. An edge is there when it was
 * added after it was last removed, whatever order the events came in; removed ones are remembered within the
 * limits, so that a latecomer does not bring them back. `since` is exact too, but for a removal that arrives
 * after two or more later beginnings: then it is the last of them. Followers are only counted (see
 * followers.ts), by changes of the follower's row.
 */
export const connections: Processor<Edges> = {
  name: 'connections',
  about: 'Who and what a user is connected to, and who blocked or muted them.',
  state: edgesLayout,
  handlers: [
    on({
      input: connectionTopic,
      key: (event, key) => key.id(event.userId),
      process: connect,
    }),
    on({
      input: reactions,
      key: (reaction, key) => isBlocking(reaction) && key.id(reaction.userId!),
      process: (reaction, state: Edges, context) => connect(blockOf(reaction), state, context),
    }),
    on({
      input: connectionsReversed,
      key: (event, key) => key.id(event.userId),
      process: connectReversed,
    }),
    on({
      input: erasures,
      key: (erasure, key) => key.id(erasure.userId),
      process: (erasure, state, context) => erase(erasure.userId, erasure.at, state, context),
    }),
  ],
  outputs: [connectionsReversed, followerDeltas],
  onTimer: (at, _key, state) => forgetErasure(at, state),
}
