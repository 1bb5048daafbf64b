import type { Example } from '../../schemas/examples/index.ts'
import { SECOND_MS } from '../../schemas/ids.ts'
import { type Head, HEADS, SATISFIED_MIN } from '../heads.ts'

/**
 * What came of a post that was shown, as far as these examples of it say, in the order of the heads: of a time,
 * seconds; of everything else, 1 where it happened.
 */
export const outcomesOf = (examples: readonly Pick<Example, 'labels' | 'satisfaction'>[]): Float64Array => {
  const labels = examples.flatMap((example) => example.labels)
  const isSatisfied = examples.some(({ satisfaction }) => (satisfaction ?? 0) >= SATISFIED_MIN)
  return Float64Array.from(HEADS, (head: Head) => {
    const own = labels.filter(({ label }) => head.labels.includes(label))
    const ms = own.reduce((sum, { value }) => sum + (value ?? 0), 0)
    if (head.output === 'seconds') return ms / SECOND_MS
    if (head.isSurveyed) return Number(isSatisfied)
    return Number(head.atLeastMs === undefined ? own.length > 0 : ms >= head.atLeastMs)
  })
}
