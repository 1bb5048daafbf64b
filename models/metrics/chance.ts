import type { Influences } from './influence.ts'

/** Figures by which two models that foresaw the same examples are held against each other. */
export const PAIRED_FIGURES = ['auc', 'normalised_entropy', 'time_error'] as const
export type PairedFigure = (typeof PAIRED_FIGURES)[number]

/** How far chance moves the differences of a figure: the covariances of those of heads. */
export interface Covariances {
  readonly heads: readonly string[]
  /** heads × heads; 0 for heads that have no such figure. */
  readonly values: Float64Array
}

export type Chance = Readonly<Record<PairedFigure, Covariances>>

/** Of the difference at a head; 0 where it is not known. */
export const standardErrorOf = ({ heads, values }: Covariances, head: string): number => {
  const at = heads.indexOf(head)
  return at < 0 ? 0 : Math.sqrt(values[at * heads.length + at]!)
}

/** Of the sum of differences, each times its factor. */
export const standardErrorOfSum = (
  { heads, values }: Covariances,
  factors: ReadonlyMap<string, number>,
): number => {
  const of = heads.map((head) => factors.get(head) ?? 0)
  let variance = 0
  for (let row = 0; row < of.length; row++)
    for (let column = 0; column < of.length; column++)
      variance += of[row]! * of[column]! * values[row * of.length + column]!
  return Math.sqrt(Math.max(0, variance))
}

/** What examples add to the differences of one figure, head by head. */
export class ExampleInfluences {
  private readonly heads: readonly string[]
  private readonly examples: Uint32Array
  /** By head, an influence an example; none of a head that has no such figure. */
  private readonly columns = new Map<number, Influences>()

  constructor(heads: readonly string[], examples: Uint32Array) {
    this.heads = heads
    this.examples = examples
  }

  /** Of a head that is known of some of the examples, which are in their order. */
  set(head: number, some: Uint32Array, influences: Influences): void {
    this.columns.set(head, some.length === this.examples.length ? influences : this.spread(some, influences))
  }

  private spread(some: Uint32Array, influences: Influences): Influences {
    const { examples } = this
    const column = new Float32Array(examples.length)
    for (let index = 0, at = 0; index < some.length; index++) {
      while (examples[at] !== some[index]) at++
      column[at] = influences[index]!
    }
    return column
  }

  covariances(): Covariances {
    const { heads } = this
    const columns = [...this.columns]
    const values = new Float64Array(heads.length * heads.length)
    for (const [place, [row, own]] of columns.entries()) {
      for (const [column, other] of columns.slice(place)) {
        const covariance = dot(own, other)
        values[row * heads.length + column] = covariance
        values[column * heads.length + row] = covariance
      }
    }
    return { heads, values }
  }
}

/**
 * Four sums, for then additions need not wait for each other, and the loop is too large to become part of its caller,
 * where the engine made ten times as slow code of it.
 */
const dot = (own: Influences, other: Influences): number => {
  let [one, two, three, four] = [0, 0, 0, 0]
  const whole = own.length & ~3
  for (let at = 0; at < whole; at += 4) {
    one += own[at]! * other[at]!
    two += own[at + 1]! * other[at + 1]!
    three += own[at + 2]! * other[at + 2]!
    four += own[at + 3]! * other[at + 3]!
  }
  for (let at = whole; at < own.length; at++) one += own[at]! * other[at]!
  return one + two + three + four
}
