import type { Closeness } from '../../schemas/connections/index.ts'
import { type ContainerId, type Millis, millis, type UserId } from '../../schemas/ids.ts'
import { rowReader } from '../rows.ts'
import { Edges, edgesLayout } from './edges.ts'

export interface Edge<Id> {
  readonly id: Id
  /** Since when, without a break. */
  readonly since: Millis
  readonly closeness: Closeness
}

/** A user's connections that hold now. Lists are in no particular order. */
export interface Connections {
  readonly friends: readonly Edge<UserId>[]
  readonly follows: readonly Edge<UserId>[]
  readonly groups: readonly Edge<ContainerId>[]
  readonly pages: readonly Edge<ContainerId>[]
  readonly blocks: ReadonlySet<UserId>
  readonly mutes: ReadonlySet<UserId>
  readonly blockedBy: ReadonlySet<UserId>
  readonly mutedBy: ReadonlySet<UserId>
}

/** The connections in a stored row; those of a user without one when there is none. */
export const readConnections = (stored: Buffer | undefined): Connections => {
  const read: Reading = {
    friends: [],
    follows: [],
    groups: [],
    pages: [],
    blocks: new Set(),
    mutes: new Set(),
    blockedBy: new Set(),
    mutedBy: new Set(),
  }
  if (stored === undefined) return read
  const edges = new Edges()
  edges.load(rowReader(edgesLayout, stored))
  for (let entry = 0; entry < edges.count; entry++) if (edges.isPresent(entry)) add(read, edges, entry)
  return read
}

interface Reading extends Connections {
  readonly friends: Edge<UserId>[]
  readonly follows: Edge<UserId>[]
  readonly groups: Edge<ContainerId>[]
  readonly pages: Edge<ContainerId>[]
  readonly blocks: Set<UserId>
  readonly mutes: Set<UserId>
  readonly blockedBy: Set<UserId>
  readonly mutedBy: Set<UserId>
}

const add = (read: Reading, edges: Edges, entry: number): void => {
  const id = edges.target(entry)
  switch (edges.kind(entry)) {
    case 'friend':
      read.friends.push(edgeOf(id as UserId, edges, entry))
      break
    case 'follow':
      read.follows.push(edgeOf(id as UserId, edges, entry))
      break
    case 'group':
      read.groups.push(edgeOf(id as ContainerId, edges, entry))
      break
    case 'page':
      read.pages.push(edgeOf(id as ContainerId, edges, entry))
      break
    case 'block':
      read.blocks.add(id as UserId)
      break
    case 'mute':
      read.mutes.add(id as UserId)
      break
    case 'blocked-by':
      read.blockedBy.add(id as UserId)
      break
    case 'muted-by':
      read.mutedBy.add(id as UserId)
      break
  }
}

const edgeOf = <Id>(id: Id, edges: Edges, entry: number): Edge<Id> => ({
  id,
  since: millis(edges.since(entry)),
  closeness: edges.closeness(entry),
})
