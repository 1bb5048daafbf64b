import type { FilterStage } from '../pipeline/stage.ts'
import type { Restrictions } from '../visibility/restrictions.ts'
import { audience, deleted, keptApart, removedByIntegrity } from './visibility.ts'
import { future, own, tooOld } from './post.ts'
import { fatigued, hidden, passed, seen } from './viewer.ts'

/** Why a post is not for a viewer, in the order asked: run as one pass over all candidates. */
export const filters = (restrictions: Restrictions): readonly FilterStage[] => [
  own,
  future,
  tooOld,
  keptApart(restrictions),
  audience(restrictions),
  deleted(restrictions),
  hidden,
  removedByIntegrity(restrictions),
  seen,
  fatigued,
  passed,
]
