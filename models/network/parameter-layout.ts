import { sizeOf } from '../graph/graph.ts'
import type { NetworkDefinition } from './definition.ts'
import { type Parameters, type ParameterSlot, parameterSlots } from './parameters.ts'

/** A learned parameter's place among all of them. */
export interface PlacedSlot extends ParameterSlot {
  readonly start: ParameterSlot['start']
  readonly from: number
  readonly to: number
}

/**
 * All learned parameters of a network as one vector, in the order of `parameterSlots`: what an optimiser works
 * on. One long vector is updated several times faster than many short ones.
 */
export class ParameterLayout {
  readonly learned: readonly PlacedSlot[]
  /** What is not learned. */
  readonly given: readonly ParameterSlot[]
  /** Elements of the vector. */
  readonly size: number

  constructor(definition: NetworkDefinition) {
    const slots = parameterSlots(definition)
    let size = 0
    this.learned = slots
      .filter((slot) => slot.isLearned)
      .map((slot) => {
        const from = size
        size += sizeOf(slot.shape)
        return { ...slot, from, to: size }
      })
    this.given = slots.filter((slot) => !slot.isLearned)
    this.size = size
  }

  vectorOf(parameters: Parameters): Float32Array {
    const vector = new Float32Array(this.size)
    for (const { name, from } of this.learned) vector.set(parameters.get(name)!, from)
    return vector
  }

  /** The parameters of a vector, and those that are not learned. Copies. */
  parametersOf(vector: Float32Array, given: Parameters): Map<string, Float32Array> {
    const parameters = new Map<string, Float32Array>()
    for (const { name } of this.given) parameters.set(name, given.get(name)!.slice())
    for (const { name, from, to } of this.learned) parameters.set(name, vector.slice(from, to))
    return parameters
  }
}
