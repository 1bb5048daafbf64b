import { createHash } from 'node:crypto'
import { DEFAULT_VALUE_MODEL, ValueModel, type ValueModelConfig } from '../../models/value-model.ts'
import { ServingError } from '../errors.ts'
import { type Exploration, EXPLORATION_SHARE_MAX, EXPLORATION_DEPTH_MAX } from './exploration.ts'
import { RULES } from './index.ts'
import type { Rule } from './rule.ts'

/** What people may set of the ranking: which rules hold, what heads are worth, how much is left to chance. */
export interface RankingConfig {
  readonly valueModel: ValueModelConfig
  /** Names of rules that do not hold: to measure what a rule costs. */
  readonly rulesOff: readonly string[]
  /** Null: nothing is left to chance. */
  readonly exploration: Exploration | null
}

export const RANKING_DEFAULTS: RankingConfig = {
  valueModel: DEFAULT_VALUE_MODEL,
  rulesOff: [],
  exploration: null,
}

const HASH_CHARACTERS = 12

/** A configuration that was checked, with what follows from it. */
export class Configuration {
  /** Made from everything that the ranking depends on beside models and features: equal settings, equal version. */
  readonly version: string
  readonly valueModel: ValueModel
  readonly exploration: Exploration | null
  /** The rules that hold, in the order of `RULES`. */
  readonly rules: readonly Rule[]

  /** Throws `CONFIG_INVALID` or the value model's own error, naming the field. */
  constructor({ valueModel, rulesOff, exploration }: RankingConfig) {
    const unknown = rulesOff.find((name) => !RULES.some((rule) => rule.name === name))
    if (unknown !== undefined) {
      const names = RULES.map(({ name }) => name).join(', ')
      throw new ServingError('CONFIG_INVALID', `rulesOff names "${unknown}"; rules are ${names}`)
    }
    checkExploration(exploration)
    this.valueModel = new ValueModel(valueModel)
    this.exploration = exploration
    this.rules = RULES.filter(({ name }) => !rulesOff.includes(name))
    this.version = versionOf(this)
  }
}

const checkExploration = (exploration: Exploration | null): void => {
  if (exploration === null) return
  const { share, position, depth } = exploration
  const refuse = (field: string, allowed: string): never => {
    throw new ServingError('CONFIG_INVALID', `exploration.${field} must be ${allowed}`)
  }
  if (!(typeof share === 'number' && share >= 0 && share <= EXPLORATION_SHARE_MAX))
    refuse('share', `a number from 0 to ${EXPLORATION_SHARE_MAX}`)
  if (!(Number.isInteger(position) && position >= 0)) refuse('position', 'an integer of at least 0')
  if (!(Number.isInteger(depth) && depth >= 1 && depth <= EXPLORATION_DEPTH_MAX)) {
    refuse('depth', `an integer from 1 to ${EXPLORATION_DEPTH_MAX}`)
  }
}

const versionOf = ({ valueModel, rules, exploration }: Omit<Configuration, 'version'>): string => {
  const content = JSON.stringify({
    weights: valueModel.config,
    rules: rules.map(({ name, parameters }) => ({ name, parameters })),
    exploration,
  })
  return `c-${createHash('sha256').update(content).digest('hex').slice(0, HASH_CHARACTERS)}`
}
