import { keyOf } from '../../engine/key.ts'
import { millis } from '../../schemas/ids.ts'
import { SOURCE_MS } from '../pipeline/deadlines.ts'
import { always, type SourceStage } from '../pipeline/stage.ts'
import { POST_AGE_MAX_MS } from '../quotas.ts'
import type { StateRows } from '../state-rows.ts'
import { ShelvesFinding } from './shelves.ts'

export const mentions = (rows: StateRows): SourceStage => ({
  name: 'source-mention',
  about: 'Posts that mention the viewer, newest first.',
  source: 'mention',
  deadlineMs: SOURCE_MS,
  required: false,
  enable: always,
  async find({ userId, asOf }, viewer) {
    const row = await rows.read('mentions', keyOf(userId))
    const bounds = {
      upTo: asOf,
      after: millis(asOf - POST_AGE_MAX_MS),
      newSince: millis(0),
      newMax: Infinity,
      oldMax: Infinity,
    }
    return new ShelvesFinding('mention', [row], bounds, viewer)
  },
})
