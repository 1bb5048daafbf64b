import type { PairedFigure } from '../metrics/chance.ts'

export type Figure = PairedFigure | 'calibration' | 'loss' | 'parity'

/** What speaks against a candidate. */
export interface Finding {
  /** Whether the candidate is worse than the live one, or the live one than it was: then the examples are unsound. */
  readonly against: 'candidate' | 'examples'
  readonly head: string
  readonly figure: Figure
  /** Of the candidate; where it speaks against the examples: of the live one. */
  readonly value: number
  /** Of the live one; where it speaks against the examples: as it usually is; of parity: what the trainer says. */
  readonly beside: number
  /** What `value` may be at worst. */
  readonly limit: number
  /** By how many standard errors `value` is worse than `beside`; absent where what chance does is not known. */
  readonly deviations?: number
}

/** A finding in words: head, figure and limit. */
export const sayFinding = ({ against, head, figure, value, beside, limit, deviations }: Finding): string => {
  const figures = `${shown(value)} (${besideWhom(against, figure)} ${shown(beside)}, limit ${shown(limit)})`
  const beyond = deviations === undefined ? '' : `, ${deviations.toFixed(1)} standard errors worse`
  return against === 'candidate'
    ? `${head}: ${figure} is ${figures}${beyond}`
    : `${head}: ${figure} of the live one is ${figures}: the examples are not what they were`
}

const besideWhom = (against: Finding['against'], figure: Figure): string => {
  if (figure === 'parity') return 'its trainer'
  return against === 'candidate' ? 'live' : 'usually'
}

const shown = (value: number): string => value.toFixed(4)
