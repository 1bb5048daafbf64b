import type { Judged } from './ranking.ts'
import type { JudgedTimes } from './time-metrics.ts'

/** A head's column among the values of all examples: that of the example at `place` is `values[place * stride + at]`. */
export interface Column {
  readonly values: Float32Array
  readonly stride: number
  readonly at: number
}

/**
 * What a report reads of some examples, side by side, in arrays that are filled again for each head: a report has
 * dozens of heads and segments of tens of thousands of examples. What is answered holds until the next call.
 */
export class JudgedColumns {
  private readonly foreseen: Float32Array
  private readonly actual: Float32Array
  private readonly labels: Uint8Array
  private readonly weights: Float32Array

  constructor(max: number) {
    this.foreseen = new Float32Array(max)
    this.actual = new Float32Array(max)
    this.labels = new Uint8Array(max)
    this.weights = new Float32Array(max)
  }

  /** Of a head that has a bit among the positives. */
  ofBit(
    places: Uint32Array,
    foreseen: Column,
    weights: Float32Array,
    positives: Uint32Array,
    bit: number,
  ): Judged {
    const { labels } = this
    const count = places.length
    for (let index = 0; index < count; index++) labels[index] = (positives[places[index]!]! >>> bit) & 1
    return {
      scores: gathered(places, foreseen, this.foreseen),
      labels: labels.subarray(0, count),
      weights: gathered(places, { values: weights, stride: 1, at: 0 }, this.weights),
    }
  }

  /** Of a head that has answers, 1 or 0: each counts as one. */
  ofAnswers(places: Uint32Array, foreseen: Column, answers: Column): Judged {
    const { labels, weights } = this
    const count = places.length
    for (let index = 0; index < count; index++)
      labels[index] = answers.values[places[index]! * answers.stride + answers.at]!
    return {
      scores: gathered(places, foreseen, this.foreseen),
      labels: labels.subarray(0, count),
      weights: weights.fill(1, 0, count).subarray(0, count),
    }
  }

  /** Of a head of times. */
  ofTimes(places: Uint32Array, foreseen: Column, actual: Column, weights: Float32Array): JudgedTimes {
    return {
      foreseen: gathered(places, foreseen, this.foreseen),
      actual: gathered(places, actual, this.actual),
      weights: gathered(places, { values: weights, stride: 1, at: 0 }, this.weights),
    }
  }
}

const gathered = (places: Uint32Array, { values, stride, at }: Column, into: Float32Array): Float32Array => {
  for (let index = 0; index < places.length; index++) into[index] = values[places[index]! * stride + at]!
  return into.subarray(0, places.length)
}
