import type { HydratorStage } from '../pipeline/stage.ts'
import type { StateRows } from '../state-rows.ts'
import { carriedTimes } from './carried-times.ts'
import { contents } from './contents.ts'
import { fatigue } from './fatigue.ts'
import { integrityVerdicts } from './integrity.ts'
import { commentsUnseen } from './unseen-comments.ts'

/** What filters and pass 0 need, of all candidates. */
export const hydrators = (rows: StateRows): readonly HydratorStage[] => [
  integrityVerdicts(rows),
  carriedTimes,
  fatigue,
]

/** What pass 1 and whoever is shown the posts need, of those that pass 0 keeps. */
export const survivorHydrators = (rows: StateRows): readonly HydratorStage[] => [
  contents(rows),
  commentsUnseen(rows),
]
