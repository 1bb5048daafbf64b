import type { Figures } from '../metrics/paired-figures.ts'
import { HIDDEN } from './tower-training.ts'

/** Pairs of a batch, as `towerTrainingGraph` reads them. */
export interface JudgedPairs {
  readonly rows: number
  /** Sum to 1. */
  readonly weights: Float32Array
  /** ln q, by row. */
  readonly frequencies: Float32Array
  /** rows × rows: `HIDDEN` where a column's post is the row's again, else how much less it counts. */
  readonly hidden: Float32Array
}

/**
 * How well products [rows, rows] of viewers and posts (over the temperature) foresee who reacted to what: the loss that
 * `towerTrainingGraph` learns by; and how likely the post of a pair is nearer than another post of the batch.
 */
export const matchFigures = (products: Float32Array, pairs: JudgedPairs): Figures => {
  let loss = 0
  let share = 0
  for (let row = 0; row < pairs.rows; row++) {
    const weight = pairs.weights[row]!
    loss += weight * lossOf(row, products, pairs)
    share += weight * nearerShare(row, products, pairs)
  }
  return { loss, share }
}

const lossOf = (row: number, products: Float32Array, { rows, frequencies, hidden }: JudgedPairs): number => {
  let sum = 0
  for (let other = 0; other < rows; other++) {
    const at = row * rows + other
    sum += Math.exp(products[at]! - frequencies[other]! + hidden[at]!)
  }
  return Math.log(sum) - (products[row * rows + row]! - frequencies[row]!)
}

/** A half where there is nothing to compare with. */
const nearerShare = (row: number, products: Float32Array, { rows, hidden }: JudgedPairs): number => {
  const own = products[row * rows + row]!
  let nearer = 0
  let others = 0
  for (let other = 0; other < rows; other++) {
    const at = row * rows + other
    if (other === row || hidden[at] === HIDDEN) continue
    others++
    if (products[at]! < own) nearer++
    else if (products[at] === own) nearer += 0.5
  }
  return others === 0 ? 0.5 : nearer / others
}
