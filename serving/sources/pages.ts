import type { SourceStage } from '../pipeline/stage.ts'
import { SHELVES_MAX } from '../quotas.ts'
import type { StateRows } from '../state-rows.ts'
import { newest, shelfSource } from './connected.ts'

export const pages = (rows: StateRows): SourceStage =>
  shelfSource(rows, {
    source: 'page',
    about: 'Posts on pages that the viewer follows: those since they were last here, then older ones.',
    store: 'posts-by-container',
    idsOf: (viewer) => newest(viewer.pages, SHELVES_MAX.page),
  })
