import type { SourceStage } from '../pipeline/stage.ts'
import { SHELVES_MAX } from '../quotas.ts'
import type { StateRows } from '../state-rows.ts'
import { closest, shelfSource } from './connected.ts'

export const follows = (rows: StateRows): SourceStage =>
  shelfSource(rows, {
    source: 'follow',
    about: 'Posts of whom the viewer follows: those since they were last here, then older ones.',
    store: 'posts-by-author',
    idsOf: (viewer) => closest(viewer.follows, viewer, SHELVES_MAX.follow),
  })
