import { keyOf } from '../../engine/key.ts'
import { readConnections, type Connections, type Edge } from '../../processors/connections/index.ts'
import { SeenPosts } from '../../processors/seen-filter.ts'
import { readTouchedAuthors, type TouchedAuthor } from '../../processors/touched-authors.ts'
import type { ContainerId, UserId } from '../../schemas/ids.ts'
import type { StateRows } from '../../serving/state-rows.ts'

/** Whom a feed is for: what decides which posts they may and would see. */
export interface Viewer {
  readonly userId: UserId
  readonly friends: ReadonlyMap<UserId, Edge<UserId>>
  readonly follows: ReadonlyMap<UserId, Edge<UserId>>
  readonly groups: ReadonlyMap<ContainerId, Edge<ContainerId>>
  readonly pages: ReadonlyMap<ContainerId, Edge<ContainerId>>
  /** Authors they touched, last first. */
  readonly touched: ReadonlyMap<UserId, TouchedAuthor>
  readonly seen: SeenPosts
  /** Either keeps the other away. */
  isKeptApart(authorId: UserId): boolean
}

/** Reads a viewer's rows; of a user never heard of, all is empty. */
export const readViewer = async (rows: StateRows, userId: UserId): Promise<Viewer> => {
  const key = keyOf(userId)
  const [connectionsRow, seenRow, filterRow, touchedRow] = await Promise.all([
    rows.read('connections', key),
    rows.read('seen', key),
    rows.read('seen-filter', key),
    rows.read('touched-authors', key),
  ])
  const connections = readConnections(connectionsRow)
  const touched = touchedRow === undefined ? [] : readTouchedAuthors(touchedRow)
  return {
    userId,
    friends: byId(connections.friends),
    follows: byId(connections.follows),
    groups: byId(connections.groups),
    pages: byId(connections.pages),
    touched: new Map(touched.map((author) => [author.authorId, author])),
    seen: new SeenPosts(seenRow, filterRow),
    isKeptApart: (authorId) => isKeptApart(connections, authorId),
  }
}

const byId = <Id>(edges: readonly Edge<Id>[]): ReadonlyMap<Id, Edge<Id>> =>
  new Map(edges.map((edge) => [edge.id, edge]))

const isKeptApart = ({ blocks, mutes, blockedBy, mutedBy }: Connections, authorId: UserId): boolean =>
  blocks.has(authorId) || mutes.has(authorId) || blockedBy.has(authorId) || mutedBy.has(authorId)
