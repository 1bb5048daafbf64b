import type { SourceStage } from '../pipeline/stage.ts'
import { SHELVES_MAX } from '../quotas.ts'
import type { StateRows } from '../state-rows.ts'
import { closest, shelfSource } from './connected.ts'

export const friends = (rows: StateRows): SourceStage =>
  shelfSource(rows, {
    source: 'friend',
    about: 'Posts of friends: those since the viewer was last here, then older ones.',
    store: 'posts-by-author',
    idsOf: (viewer) => closest(viewer.friends, viewer, SHELVES_MAX.friend),
  })
