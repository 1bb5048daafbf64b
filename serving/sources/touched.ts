import type { UserId } from '../../schemas/ids.ts'
import type { SourceStage } from '../pipeline/stage.ts'
import { SHELVES_MAX } from '../quotas.ts'
import type { StateRows } from '../state-rows.ts'
import type { Viewer } from '../viewer.ts'
import { shelfSource } from './connected.ts'

export const touched = (rows: StateRows): SourceStage =>
  shelfSource(rows, {
    source: 'touched',
    about: 'Posts of authors whose posts the viewer took to, and to whom nothing else ties them.',
    store: 'posts-by-author',
    idsOf: touchedStrangers,
  })

/** Last touched first. */
export const touchedStrangers = (viewer: Viewer): readonly string[] =>
  [...viewer.touched.keys()].filter((id) => isStranger(id, viewer)).slice(0, SHELVES_MAX.touched)

const isStranger = (id: UserId, viewer: Viewer): boolean =>
  !viewer.friends.has(id) && !viewer.follows.has(id) && !viewer.isKeptApart(id)
