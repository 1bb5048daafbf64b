import type { UserId } from '../../schemas/ids.ts'
import { changed } from '../rules/changes.ts'
import { Configuration, type RankingConfig } from '../rules/config.ts'
import { SlateOrder } from '../scorers/slate-order.ts'
import { bucketOf } from './bucket.ts'
import { checkExperiments, type ExperimentConfig } from './config.ts'

/** How the feeds of some users are ranked. */
export interface Assigned {
  readonly configuration: Configuration
  readonly slateOrder: SlateOrder
  /** `EXPERIMENT/ARM`; null outside of all. */
  readonly experiment: string | null
}

interface Dealt {
  readonly salt: string
  /** In order: users whose bucket is below `until`, and not below that of the arm before, are in it. */
  readonly arms: readonly { readonly until: number; readonly assigned: Assigned }[]
}

/**
 * How everybody's feed is ranked, experiments included; may be changed at any time, and counts from the next feed
 * on. A user takes part in one experiment at most, the first that has an arm for them: the salts being
 * independent, those left for the next are still dealt evenly.
 */
export class Rankings {
  private everybody: Assigned
  private experiments: readonly Dealt[]

  /** Throws `CONFIG_INVALID` and `VALUE_MODEL_INVALID`, naming the field. */
  constructor(config: RankingConfig, experiments: readonly ExperimentConfig[]) {
    this.everybody = assignedTo(config, null)
    this.experiments = dealt(config, experiments)
  }

  /** Takes effect whole or, where it throws as the constructor does, not at all. */
  replace(config: RankingConfig, experiments: readonly ExperimentConfig[]): void {
    const everybody = assignedTo(config, null)
    this.experiments = dealt(config, experiments)
    this.everybody = everybody
  }

  of(userId: UserId): Assigned {
    for (const { salt, arms } of this.experiments) {
      const bucket = bucketOf(salt, userId)
      const arm = arms.find(({ until }) => bucket < until)
      if (arm !== undefined) return arm.assigned
    }
    return this.everybody
  }

  /** Every arm and everybody else: what people may check before it counts. */
  get all(): readonly Assigned[] {
    return [this.everybody, ...this.experiments.flatMap(({ arms }) => arms.map(({ assigned }) => assigned))]
  }
}

const assignedTo = (config: RankingConfig, experiment: string | null): Assigned => {
  const configuration = new Configuration(config)
  return { configuration, slateOrder: new SlateOrder(configuration.rules), experiment }
}

const dealt = (config: RankingConfig, experiments: readonly ExperimentConfig[]): Dealt[] => {
  checkExperiments(experiments)
  return experiments.map(({ name, salt, arms }) => {
    let until = 0
    return {
      salt,
      arms: arms.map((arm) => ({
        until: (until += arm.share),
        assigned: assignedTo(changed(config, arm.ranking ?? {}), `${name}/${arm.name}`),
      })),
    }
  })
}
