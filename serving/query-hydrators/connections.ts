import { keyOf } from '../../engine/key.ts'
import { type Connections, type Edge, readConnections } from '../../processors/connections/index.ts'
import type { UserId } from '../../schemas/ids.ts'
import { REQUIRED_MS } from '../pipeline/deadlines.ts'
import { always, type QueryHydratorStage } from '../pipeline/stage.ts'
import type { StateRows } from '../state-rows.ts'

/** Required: without it nobody knows what the viewer may see. */
export const viewerConnections = (rows: StateRows): QueryHydratorStage => ({
  name: 'viewer-connections',
  about: 'Whom and what the viewer is connected to, and who is kept apart from them.',
  deadlineMs: REQUIRED_MS,
  required: true,
  enable: always,
  async hydrate({ userId }) {
    const connections = readConnections(await rows.read('connections', keyOf(userId)))
    return (viewer) => {
      viewer.friends = byId(connections.friends)
      viewer.follows = byId(connections.follows)
      viewer.groups = byId(connections.groups)
      viewer.pages = byId(connections.pages)
      viewer.isKeptApart = (authorId) => areKeptApart(connections, authorId)
    }
  },
})

const byId = <Id>(edges: readonly Edge<Id>[]): ReadonlyMap<Id, Edge<Id>> =>
  new Map(edges.map((edge) => [edge.id, edge]))

/** Whether either of a user and another blocks or mutes the other. */
export const areKeptApart = ({ blocks, mutes, blockedBy, mutedBy }: Connections, other: UserId): boolean =>
  blocks.has(other) || mutes.has(other) || blockedBy.has(other) || mutedBy.has(other)
