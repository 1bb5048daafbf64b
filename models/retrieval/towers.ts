import { CONTENT_DIMENSIONS } from '../../processors/content/direction.ts'
import { Random } from '../../engine/driver/random.ts'
import type { GraphBuilder } from '../graph/builder.ts'
import type { Value } from '../graph/graph.ts'
import { ROWS } from '../network/forward.ts'
import { LANGUAGES, TOWER_INPUTS } from './tower-inputs.ts'
import { ITEM_DIMENSIONS } from './vector-index.ts'

export const SIDES = ['viewer', 'item'] as const
export type Side = (typeof SIDES)[number]

/** Units of a tower's hidden layer. */
const HIDDEN = 64

interface Part {
  readonly name: string
  readonly shape: readonly [number, number]
}

/** A tower: x · linear + relu(x · hidden + bias) · last, brought to length 1. */
export const TOWER_PARTS: readonly Part[] = [
  { name: 'linear', shape: [TOWER_INPUTS, ITEM_DIMENSIONS] },
  { name: 'hidden', shape: [TOWER_INPUTS, HIDDEN] },
  { name: 'bias', shape: [1, HIDDEN] },
  { name: 'last', shape: [HIDDEN, ITEM_DIMENSIONS] },
]

const sizeOf = ({ shape: [rows, columns] }: Part): number => rows * columns
const TOWER_SIZE = TOWER_PARTS.reduce((size, part) => size + sizeOf(part), 0)
/** Parameters of both towers, as one vector: the viewer's, then the item's. */
export const TOWERS_SIZE = SIDES.length * TOWER_SIZE

/** Where a part of a tower begins in the vector. */
const startOf = (side: Side, name: string): number => {
  let at = SIDES.indexOf(side) * TOWER_SIZE
  for (const part of TOWER_PARTS) {
    if (part.name === name) return at
    at += sizeOf(part)
  }
  throw new RangeError(`a tower has no part ${name}`)
}

/** A language that both sides share adds this to the product of a taste and a content. */
const PRIOR_LANGUAGE = 0.5
const SEED = 1

/**
 * Towers before anything is learned: a taste meets a content as it is, and a language a direction of its own, the
 * same on both sides. The hidden layer is random and says nothing yet, for its last weights are zero.
 */
export const priorTowers = (): Float32Array => {
  const parameters = new Float32Array(TOWERS_SIZE)
  const random = new Random(SEED)
  const languages = Array.from({ length: LANGUAGES }, () => directionOf(random, Math.sqrt(PRIOR_LANGUAGE)))
  for (const side of SIDES) {
    const linear = startOf(side, 'linear')
    for (let input = 0; input < CONTENT_DIMENSIONS; input++)
      parameters[linear + input * ITEM_DIMENSIONS + input] = 1
    for (const [index, direction] of languages.entries()) {
      parameters.set(direction, linear + (CONTENT_DIMENSIONS + index) * ITEM_DIMENSIONS)
    }
    const hidden = startOf(side, 'hidden')
    const bound = Math.sqrt(6 / TOWER_INPUTS)
    for (let at = 0; at < TOWER_INPUTS * HIDDEN; at++)
      parameters[hidden + at] = (2 * random.next() - 1) * bound
  }
  return parameters
}

const directionOf = (random: Random, length: number): Float32Array => {
  const values = Float32Array.from({ length: ITEM_DIMENSIONS }, () => random.next() - 0.5)
  const scale = length / Math.hypot(...values)
  return values.map((value) => value * scale)
}

/**
 * The vector of one row of inputs, of length 1, written to `into`; zeros for one of which nothing is known. What the
 * training graph computes (see `towerGraph`), as loops: one row does not pay for a run of the ONNX runtime.
 */
export const towerVector = (
  parameters: Float32Array,
  side: Side,
  row: Float32Array,
  into: Float32Array,
): void => {
  into.fill(0)
  const linear = startOf(side, 'linear')
  const hidden = startOf(side, 'hidden')
  const bias = startOf(side, 'bias')
  const last = startOf(side, 'last')
  const units = scratch.units
  for (let unit = 0; unit < HIDDEN; unit++) units[unit] = parameters[bias + unit]!
  for (let input = 0; input < TOWER_INPUTS; input++) {
    const value = row[input]!
    if (value === 0) continue
    addScaled(parameters, linear + input * ITEM_DIMENSIONS, value, into)
    addScaled(parameters, hidden + input * HIDDEN, value, units)
  }
  for (let unit = 0; unit < HIDDEN; unit++) {
    if (units[unit]! > 0) addScaled(parameters, last + unit * ITEM_DIMENSIONS, units[unit]!, into)
  }
  normalise(into)
}

const scratch = { units: new Float32Array(HIDDEN) }

const addScaled = (from: Float32Array, start: number, factor: number, into: Float32Array): void => {
  for (let index = 0; index < into.length; index++) into[index]! += factor * from[start + index]!
}

/** Added to the square of a length, so that there is none of zero. */
const LENGTH_FLOOR = 1e-12

const normalise = (vector: Float32Array): void => {
  let square = LENGTH_FLOOR
  for (let index = 0; index < vector.length; index++) square += vector[index]! ** 2
  const scale = 1 / Math.sqrt(square)
  for (let index = 0; index < vector.length; index++) vector[index]! *= scale
}

/** A tower in a graph: inputs [rows, TOWER_INPUTS] to vectors [rows, ITEM_DIMENSIONS] of length 1. */
export const towerGraph = (graph: GraphBuilder, parameters: Value, side: Side, inputs: Value): Value => {
  const part = (name: string): Value => {
    const { shape } = TOWER_PARTS.find((each) => each.name === name)!
    const start = startOf(side, name)
    return graph.reshape(graph.slice(parameters, start, start + shape[0] * shape[1]), shape)
  }
  const units = graph.relu(graph.add(graph.matMul(inputs, part('hidden')), part('bias')))
  const vectors = graph.add(graph.matMul(inputs, part('linear')), graph.matMul(units, part('last')))
  const square = graph.sum(graph.multiply(vectors, vectors), [1], true)
  return graph.divide(vectors, graph.sqrt(graph.add(square, graph.number(LENGTH_FLOOR))))
}

export const TOWER_ROW = [ROWS, TOWER_INPUTS] as const
