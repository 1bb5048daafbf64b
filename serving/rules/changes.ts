import type { HeadName } from '../../models/heads.ts'
import type { ValueModelConfig } from '../../models/value-model.ts'
import type { RankingConfig } from './config.ts'

/** What differs from a configuration: what is left out stays, weights of heads one by one. */
export interface RankingChanges {
  readonly valueModel?: Partial<Omit<ValueModelConfig, 'weights'>> & {
    readonly weights?: Readonly<Partial<Record<HeadName, number>>>
  }
  readonly rulesOff?: RankingConfig['rulesOff']
  readonly exploration?: RankingConfig['exploration']
}

/** The configuration with the changes; checked by whoever makes a `Configuration` of it. */
export const changed = (config: RankingConfig, changes: RankingChanges): RankingConfig => {
  const { valueModel, rulesOff, exploration } = changes
  return {
    valueModel: {
      ...config.valueModel,
      ...valueModel,
      weights: { ...config.valueModel.weights, ...valueModel?.weights },
    },
    rulesOff: rulesOff ?? config.rulesOff,
    exploration: exploration === undefined ? config.exploration : exploration,
  }
}
