import { type PairedFigure, standardErrorOfSum } from '../metrics/chance.ts'
import type { Comparison } from './evidence.ts'
import type { HeldFigure } from './held-figures.ts'
import type { GateLimits } from './limits.ts'

/** Figures of which a mean over heads says something: a part of them is as bad, at whatever head. */
const MEAN_FIGURES = {
  auc: ({ meanAucFallMax }: GateLimits) => meanAucFallMax,
  normalised_entropy: ({ meanEntropyRiseMax }: GateLimits) => meanEntropyRiseMax,
} as const satisfies Partial<Record<PairedFigure, (limits: GateLimits) => number>>

type MeanFigure = keyof typeof MEAN_FIGURES

/**
 * Means over heads, which tell of a candidate that is a little worse at many and at none by more than chance may do
 * there. A head counts by the square root of what its figures rest on (as in Stouffer's sum, 1949), so that rare heads
 * speak and do not drown the others. Heads are judged by the same examples and so go together: how far chance moves
 * their mean is said by their covariances, and without these nothing is said of it.
 */
export const meansOf = (
  held: readonly HeldFigure[],
  { chance }: Comparison,
  limits: GateLimits,
): HeldFigure[] =>
  (Object.keys(MEAN_FIGURES) as MeanFigure[]).flatMap((figure) => {
    const own = held.filter((each) => each.figure === figure)
    const [first, ...others] = own
    if (chance === undefined || first === undefined || others.length === 0) return []
    const total = sumOf(own, ({ weight }) => Math.sqrt(weight))
    const shareOf = ({ weight }: HeldFigure): number => Math.sqrt(weight) / total
    const shares = new Map(own.map((each) => [each.head, shareOf(each)]))
    return [
      {
        ...first,
        head: `mean of ${own.length} heads`,
        value: sumOf(own, (each) => shareOf(each) * each.value),
        beside: sumOf(own, (each) => shareOf(each) * each.beside),
        riseMax: MEAN_FIGURES[figure](limits),
        standardError: standardErrorOfSum(chance[figure], shares),
      },
    ]
  })

const sumOf = (held: readonly HeldFigure[], valueOf: (each: HeldFigure) => number): number =>
  held.reduce((sum, each) => sum + valueOf(each), 0)
