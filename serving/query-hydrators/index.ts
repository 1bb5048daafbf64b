import type { QueryHydratorStage } from '../pipeline/stage.ts'
import type { StateRows } from '../state-rows.ts'
import { viewerConnections } from './connections.ts'
import { viewerHistory } from './history.ts'
import { viewerProfile } from './profile.ts'
import { viewerRefusals } from './refusals.ts'
import { viewerTaste } from './taste.ts'

/** What is read of a viewer, all at once. */
export const queryHydrators = (rows: StateRows): readonly QueryHydratorStage[] => [
  viewerConnections(rows),
  viewerProfile(rows),
  viewerHistory(rows),
  viewerRefusals(rows),
  viewerTaste(rows),
]
