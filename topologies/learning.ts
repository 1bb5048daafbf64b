import { node, topology } from '../engine/topology.ts'
import { labelJoin } from '../processors/label-join/labels.ts'
import { labelIndex } from '../processors/label-join/slate-index.ts'
import { labelSlates } from '../processors/label-join/slates.ts'

/** Joins slates as they were served with the reactions that follow: what models learn from. */
export const learning = topology(
  'learning',
  'Joins served slates with the reactions that follow, into examples.',
  [node(labelIndex), node(labelJoin), node(labelSlates)],
)
