import {
  DEFAULT_VALUE_MODEL,
  PASSIVE_FACTOR_MAX,
  type PassiveShift,
  PIVOT_MAX,
  type ValueModelConfig,
  VERSION_CHARACTERS_MAX,
  WEIGHT_MAX,
  WEIGHT_UNITS,
} from '../../models/value-model.ts'
import { EVERYBODY } from '../../processors/experiments/measures.ts'
import {
  type Arm,
  ARMS_MAX,
  type ExperimentConfig,
  EXPERIMENTS_MAX,
  NAME_ALLOWED,
  SALT_CHARACTERS_MAX,
} from '../experiments/config.ts'
import type { RankingChanges } from './changes.ts'
import { type Exploration, EXPLORATION_DEPTH_MAX, EXPLORATION_SHARE_MAX } from './exploration.ts'
import type { RankingSettings } from './settings.ts'

/** A field of ranking settings. What is not among these is refused, and what is stands in docs/ranking.md. */
export interface Field {
  /** What it may hold. */
  readonly allowed: string
  /** What counts where it is left out; null for one that must be there. */
  readonly absent: string | null
  readonly about: string
}

type FieldsOf<Settings> = Readonly<Record<keyof Required<Settings>, Field>>

export const FILE_FIELDS = {
  ranking: {
    allowed: 'an object of changes',
    absent: 'the defaults',
    about: "What differs from the default ranking, for everybody's feeds.",
  },
  experiments: {
    allowed: `a list of at most ${EXPERIMENTS_MAX} experiments`,
    absent: 'none',
    about: 'Whose feeds are ranked otherwise. A user takes part in the first that has an arm for them.',
  },
} satisfies FieldsOf<RankingSettings>

export const RANKING_FIELDS = {
  valueModel: {
    allowed: 'an object',
    absent: 'the default value model',
    about: 'What makes one expected value of what the heavy model foresees.',
  },
  rulesOff: {
    allowed: 'a list of names of rules',
    absent: 'none: all rules hold',
    about: 'Rules of the last pass that do not hold. A list takes the place of the one before as a whole.',
  },
  exploration: {
    allowed: 'an object, or `null`',
    absent: '`null`: nothing is left to chance',
    about: 'Leaves a place of some feeds to chance, so that what is ranked low is learned about.',
  },
} satisfies FieldsOf<RankingChanges>

export const VALUE_MODEL_FIELDS = {
  version: {
    allowed: `1 to ${VERSION_CHARACTERS_MAX} letters, digits or \`. _ : + -\``,
    absent: `\`${DEFAULT_VALUE_MODEL.version}\``,
    about: 'A name of yours for the weights. It is part of the version that answers tell as `configVersion`.',
  },
  weights: {
    allowed: `an object: of each head a number from 0 to ${WEIGHT_MAX}`,
    absent: 'the default weights, head by head',
    about:
      'What each head is worth, in the unit below; of those that speak against a post the value is taken away.',
  },
  unit: {
    allowed: WEIGHT_UNITS.map((unit) => `\`"${unit}"\``).join(' or '),
    absent: '`event`',
    about:
      'What a weight counts. event: each time that it is done, of dwell each second. typical: as often as it is done on a typical post, so that weights say what heads are worth beside each other, however rare they are.',
  },
  passive: {
    allowed: 'an object',
    absent: 'no shift',
    about: 'Shifts weights for viewers who look and rarely do more.',
  },
} satisfies FieldsOf<ValueModelConfig>

export const PASSIVE_FIELDS = {
  pivot: {
    allowed: `a number above 0 and up to ${PIVOT_MAX}`,
    absent: null,
    about:
      'A viewer with so many engagements in the last 30 days, decayed, has half the shift; one with none all of it.',
  },
  factors: {
    allowed: `an object: of heads a number from 1/${PASSIVE_FACTOR_MAX} to ${PASSIVE_FACTOR_MAX}`,
    absent: null,
    about: 'What weights are multiplied by where the shift is whole; 1 for heads left out.',
  },
} satisfies FieldsOf<PassiveShift>

export const EXPLORATION_FIELDS = {
  share: {
    allowed: `a number from 0 to ${EXPLORATION_SHARE_MAX}`,
    absent: null,
    about: 'Of feeds in which the place is left to chance.',
  },
  position: { allowed: 'an integer of at least 0', absent: null, about: 'The place, from 0.' },
  depth: {
    allowed: `an integer from 1 to ${EXPLORATION_DEPTH_MAX}`,
    absent: null,
    about: 'How many posts below the place may be drawn for it, each as likely.',
  },
} satisfies FieldsOf<Exploration>

export const EXPERIMENT_FIELDS = {
  name: {
    allowed: `${NAME_ALLOWED}; each another`,
    absent: null,
    about: `What reports call it; "${EVERYBODY.experiment}" is taken, for all feeds are reported on under it.`,
  },
  salt: {
    allowed: `a text of 1 to ${SALT_CHARACTERS_MAX} characters; each another`,
    absent: null,
    about: 'By it and their id users are dealt to arms: the same always to the same. A new salt deals anew.',
  },
  arms: {
    allowed: `a list of 1 to ${ARMS_MAX} arms, whose shares come to 1 at most`,
    absent: null,
    about: 'Who falls beyond their shares takes no part.',
  },
} satisfies FieldsOf<ExperimentConfig>

export const ARM_FIELDS = {
  name: {
    allowed: `${NAME_ALLOWED}; each another`,
    absent: null,
    about: 'Answers tell it as `experiment`, `EXPERIMENT/ARM`.',
  },
  share: { allowed: 'a number above 0 and up to 1', absent: null, about: 'Of all users.' },
  ranking: {
    allowed: 'an object of changes',
    absent: "as everybody's",
    about: "What differs from how everybody's feeds are ranked, by the same fields.",
  },
} satisfies FieldsOf<Arm>
