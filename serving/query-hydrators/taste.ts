import { keyOf } from '../../engine/key.ts'
import { readUserTaste } from '../../processors/user-taste.ts'
import { QUERY_HYDRATOR_MS } from '../pipeline/deadlines.ts'
import { always, type QueryHydratorStage } from '../pipeline/stage.ts'
import type { StateRows } from '../state-rows.ts'

export const viewerTaste = (rows: StateRows): QueryHydratorStage => ({
  name: 'viewer-taste',
  about: 'What the viewer likes to read about.',
  deadlineMs: QUERY_HYDRATOR_MS,
  required: false,
  enable: always,
  async hydrate({ userId, asOf }) {
    const row = await rows.read('user-taste', keyOf(userId))
    return (viewer) => {
      viewer.taste = row === undefined ? null : readUserTaste(row, asOf)
    }
  },
})
