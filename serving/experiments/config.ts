import { EVERYBODY } from '../../processors/experiments/measures.ts'
import { ServingError } from '../errors.ts'
import type { RankingChanges } from '../rules/changes.ts'

/** Of one experiment, arms; of one process, experiments. */
export const ARMS_MAX = 16
export const EXPERIMENTS_MAX = 32
/** Both names and a slash are one label of an impression. */
const NAME = /^[a-z0-9][a-z0-9-]{0,30}$/
export const NAME_ALLOWED = '1 to 31 lower-case letters, digits and dashes, the first no dash'
export const SALT_CHARACTERS_MAX = 64

/** A part of an experiment's users, and how their feeds are ranked. */
export interface Arm {
  readonly name: string
  /** Of all users. */
  readonly share: number
  /** What differs from how everybody's feeds are ranked; nothing for those who are compared with. */
  readonly ranking?: RankingChanges
}

/**
 * Users are given arms by a hash of their id and the salt: the same user always the same arm, on every machine.
 * Those whose bucket lies beyond the arms' shares take no part. A new salt deals anew.
 */
export interface ExperimentConfig {
  readonly name: string
  readonly salt: string
  readonly arms: readonly Arm[]
}

/** Throws `CONFIG_INVALID`, naming the field. */
export const checkExperiments = (experiments: readonly ExperimentConfig[]): void => {
  if (experiments.length > EXPERIMENTS_MAX) throw invalid('experiments', `at most ${EXPERIMENTS_MAX} of them`)
  experiments.forEach((experiment, index) => checkExperiment(`experiments.${index}`, experiment))
  checkUnique('experiments', 'name', experiments)
  // One salt would put the same users into the first arms of both.
  checkUnique('experiments', 'salt', experiments)
}

const checkExperiment = (field: string, { name, salt, arms }: ExperimentConfig): void => {
  checkName(`${field}.name`, name)
  if (name === EVERYBODY.experiment)
    throw invalid(`${field}.name`, `another than "${name}", under which all feeds are reported on`)
  if (typeof salt !== 'string' || salt.length === 0 || salt.length > SALT_CHARACTERS_MAX)
    throw invalid(`${field}.salt`, `a text of 1 to ${SALT_CHARACTERS_MAX} characters`)
  if (!Array.isArray(arms) || arms.length === 0 || arms.length > ARMS_MAX)
    throw invalid(`${field}.arms`, `a list of 1 to ${ARMS_MAX}`)
  arms.forEach((arm, index) => checkArm(`${field}.arms.${index}`, arm))
  checkUnique(`${field}.arms`, 'name', arms)
  // Shares such as 0.1 are no sums of halves: ten of them may come to a little more than 1.
  if (arms.reduce((sum, { share }) => sum + share, 0) > 1 + Number.EPSILON * ARMS_MAX)
    throw invalid(`${field}.arms`, 'a list whose shares come to 1 at most')
}

const checkArm = (field: string, { name, share }: Arm): void => {
  checkName(`${field}.name`, name)
  if (!(typeof share === 'number' && share > 0 && share <= 1))
    throw invalid(`${field}.share`, 'a number above 0 and up to 1')
}

const checkName = (field: string, name: unknown): void => {
  if (typeof name !== 'string' || !NAME.test(name)) throw invalid(field, NAME_ALLOWED)
}

const checkUnique = <Key extends string>(
  field: string,
  key: Key,
  values: readonly Readonly<Record<Key, string>>[],
): void => {
  const seen = new Set<string>()
  for (const { [key]: value } of values) {
    if (seen.has(value)) throw invalid(`${field}.${key}`, `another than "${value}", which is taken`)
    seen.add(value)
  }
}

const invalid = (field: string, allowed: string): ServingError =>
  new ServingError('CONFIG_INVALID', `${field} must be ${allowed}`, { field })
