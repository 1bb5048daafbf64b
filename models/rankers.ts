import { CONTENT_DIMENSIONS } from '../processors/content/direction.ts'
import { ENTITIES } from './embeddings/entities.ts'
import { HEADS, KEEP_HEAD } from './heads.ts'
import { lightRow } from './light-row.ts'
import type { NetworkDefinition, SumColumn } from './network/definition.ts'
import { rankingRow } from './ranking-row.ts'
import { log } from './row/transform.ts'
import type { ModelName } from './snapshot/manifest.ts'

/** What adds up before it flattens; both rankers read these. */
const SUMS: readonly SumColumn[] = [
  {
    // Today counts twice: once as such, once as part of the month.
    name: 'sum.affinity',
    terms: { 'user_author.engagements.decayed_1d': 1, 'user_author.engagements.decayed_30d': 1 },
    transform: log(),
  },
  {
    // Speed now, scaled to what it would come to in a day or three.
    name: 'sum.popularity',
    terms: {
      'post.engagements.decayed_30min': 4,
      'post.engagements.decayed_24h': 1,
      'post.engagements.decayed_3d': 0.25,
    },
    transform: log(),
  },
]

/** Pass 1: a head a task, over the whole row. */
export const HEAVY_NETWORK: NetworkDefinition = {
  name: 'heavy',
  row: rankingRow,
  sums: SUMS,
  heads: HEADS,
  deep: { experts: { count: 4, layers: [32] }, towers: { layers: [16] } },
  embeddings: { entities: ENTITIES, dimensions: 16, contents: { dimensions: CONTENT_DIMENSIONS } },
}

/** Pass 0: one number to keep candidates by, over a short row. */
export const LIGHT_NETWORK: NetworkDefinition = {
  name: 'light',
  row: lightRow,
  sums: SUMS,
  heads: [KEEP_HEAD],
  deep: { experts: { count: 1, layers: [24] }, towers: { layers: [8] } },
}

export const NETWORKS: Readonly<Record<ModelName, NetworkDefinition>> = {
  heavy: HEAVY_NETWORK,
  light: LIGHT_NETWORK,
}
