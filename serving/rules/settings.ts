import { HEAD_NAMES } from '../../models/heads.ts'
import { ServingError } from '../errors.ts'
import type { ExperimentConfig } from '../experiments/config.ts'
import { changed, type RankingChanges } from './changes.ts'
import { RANKING_DEFAULTS, type RankingConfig } from './config.ts'
import {
  ARM_FIELDS,
  EXPERIMENT_FIELDS,
  EXPLORATION_FIELDS,
  type Field,
  FILE_FIELDS,
  RANKING_FIELDS,
  VALUE_MODEL_FIELDS,
} from './fields.ts'

/** What people may set of the ranking while it serves: a file of this as JSON. */
export interface RankingSettings {
  /** What differs from `RANKING_DEFAULTS`. */
  readonly ranking?: RankingChanges
  readonly experiments?: readonly ExperimentConfig[]
}

export interface ReadSettings {
  readonly config: RankingConfig
  readonly experiments: readonly ExperimentConfig[]
}

/**
 * Reads settings, checking the shape; what fields may hold is checked by whoever uses them (`Rankings`). Throws
 * `CONFIG_INVALID`, naming the field.
 */
export const readSettings = (text: string): ReadSettings => {
  const root = fields('the file', jsonOf(text), FILE_FIELDS)
  const ranking = rankingOf('ranking', root['ranking'] ?? {})
  const experiments = listOf('experiments', root['experiments'] ?? [])
  experiments.forEach((experiment, index) => {
    const at = `experiments.${index}`
    const { arms } = fields(at, experiment, EXPERIMENT_FIELDS)
    listOf(`${at}.arms`, arms).forEach((arm, place) => {
      const read = fields(`${at}.arms.${place}`, arm, ARM_FIELDS)
      rankingOf(`${at}.arms.${place}.ranking`, read['ranking'] ?? {})
    })
  })
  return { config: changed(RANKING_DEFAULTS, ranking), experiments: experiments as ExperimentConfig[] }
}

/** The shape of changes, down to what `Configuration` and `ValueModel` check of a whole configuration. */
const rankingOf = (at: string, value: unknown): RankingChanges => {
  const ranking = fields(at, value, RANKING_FIELDS)
  const { valueModel, rulesOff, exploration } = ranking
  if (valueModel !== undefined) {
    const { weights } = fields(`${at}.valueModel`, valueModel, VALUE_MODEL_FIELDS)
    if (weights !== undefined) named(`${at}.valueModel.weights`, weights, HEAD_NAMES)
  }
  if (rulesOff !== undefined) listOf(`${at}.rulesOff`, rulesOff)
  if (exploration !== undefined && exploration !== null)
    fields(`${at}.exploration`, exploration, EXPLORATION_FIELDS)
  return ranking
}

const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new ServingError('CONFIG_INVALID', 'the file is no JSON', { cause })
  }
}

const fields = (
  field: string,
  value: unknown,
  known: Readonly<Record<string, Field>>,
): Readonly<Record<string, unknown>> => named(field, value, Object.keys(known))

/** An object; what is not among the names known is refused, not ignored. */
const named = (
  field: string,
  value: unknown,
  known: readonly string[],
): Readonly<Record<string, unknown>> => {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new ServingError('CONFIG_INVALID', `${field} must be an object`, { field })
  const stranger = Object.keys(value).find((name) => !known.includes(name))
  if (stranger !== undefined)
    throw new ServingError('CONFIG_INVALID', `${field} has no field "${stranger}": use ${known.join(', ')}`, {
      field,
    })
  return value as Readonly<Record<string, unknown>>
}

const listOf = (field: string, value: unknown): readonly unknown[] => {
  if (Array.isArray(value)) return value
  throw new ServingError('CONFIG_INVALID', `${field} must be a list`, { field })
}
