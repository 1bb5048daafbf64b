import { topology, type Topology } from '../../engine/topology.ts'
import { viewNodes } from '../../features/nodes.ts'
import { userAuthor } from '../../processors/views/user-author.ts'
import { affinity } from '../../topologies/affinity.ts'
import { everything } from '../../topologies/index.ts'

/** What is measured: as it is used, and the one view alone, which is what the peer does. */
export const TOPOLOGIES = {
  'user-author': topology(
    'user-author',
    "What a user does with an author's posts, alone.",
    viewNodes(userAuthor),
  ),
  affinity,
  everything,
} satisfies Record<string, Topology>

export type Measured = keyof typeof TOPOLOGIES
