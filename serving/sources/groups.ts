import type { SourceStage } from '../pipeline/stage.ts'
import { SHELVES_MAX } from '../quotas.ts'
import type { StateRows } from '../state-rows.ts'
import { newest, shelfSource } from './connected.ts'

export const groups = (rows: StateRows): SourceStage =>
  shelfSource(rows, {
    source: 'group',
    about: 'Posts in groups of the viewer: those since they were last here, then older ones.',
    store: 'posts-by-container',
    idsOf: (viewer) => newest(viewer.groups, SHELVES_MAX.group),
  })
