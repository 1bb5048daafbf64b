import { authorDiversity } from './author-diversity.ts'
import { integrityDownrank } from './integrity-downrank.ts'
import { kindDiversity } from './kind-diversity.ts'
import { outOfNetwork } from './out-of-network.ts'
import type { Rule } from './rule.ts'
import { seeLessFatigue } from './see-less-fatigue.ts'

/** Every rule of pass 2, in the order of traces and impressions. */
export const RULES: readonly Rule[] = [
  outOfNetwork,
  integrityDownrank,
  seeLessFatigue,
  authorDiversity,
  kindDiversity,
]
