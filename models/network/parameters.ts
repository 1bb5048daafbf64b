import { START_BOUND } from '../embeddings/start-values.ts'
import { ModelError } from '../errors.ts'
import { sizeOf } from '../graph/graph.ts'
import { inputColumns, type NetworkDefinition, vectorsWidth } from './definition.ts'

/** A tensor that a network needs a value for. */
export interface ParameterSlot {
  readonly name: string
  readonly shape: readonly number[]
  /**
   * `spread`: random, scaled to the layer's inputs; `small`: random, and of directions it makes vectors about the size
   * that those of entities start with; the others are the same everywhere.
   */
  readonly start: 'spread' | 'small' | 'zero' | 'one'
  /** False for what no step changes: weights set by hand beside a deep part, means and deviations of the data. */
  readonly isLearned: boolean
}

/** Values of a network's parameters, by name. */
export type Parameters = ReadonlyMap<string, Float32Array>

/** Every tensor that the network needs, in a fixed order. */
export const parameterSlots = (definition: NetworkDefinition): ParameterSlot[] => {
  const columns = inputColumns(definition).length
  const heads = definition.heads.length
  return [
    { ...slot('wide.weights', [columns, heads], 'zero'), isLearned: definition.deep === undefined },
    slot('wide.bias', [heads], 'zero'),
    ...deepSlots(definition, columns, heads),
    ...embeddingSlots(definition, heads),
  ]
}

/** Zero where they reach an answer by themselves, so that a network begins as it is without vectors. */
const embeddingSlots = ({ embeddings, deep }: NetworkDefinition, heads: number): ParameterSlot[] => {
  if (embeddings === undefined) return []
  const inputs = vectorsWidth(embeddings)
  const slots = [slot('wide.embedding_weights', [inputs, heads], 'zero')]
  if (deep !== undefined) {
    const { count, layers } = deep.experts
    slots.push(slot('gates.embedding_weights', [inputs, heads * count], 'zero'))
    slots.push(slot('experts.0.embedding_weights', [inputs, count * layers[0]!], 'spread'))
  }
  const { contents, dimensions } = embeddings
  if (contents !== undefined) {
    slots.push(slot('contents.post', [contents.dimensions, dimensions], 'small'))
    slots.push(slot('contents.viewer', [contents.dimensions, dimensions], 'small'))
  }
  return slots
}

const deepSlots = ({ deep }: NetworkDefinition, columns: number, heads: number): ParameterSlot[] => {
  if (deep === undefined) return []
  const { experts, towers } = deep
  const slots = [
    measured('normalise.mean', columns, 'zero'),
    measured('normalise.scale', columns, 'one'),
    // Zero, as the towers' last layer: so that a network begins as its wide part alone.
    slot('linear.weights', [columns, heads], 'zero'),
    slot('gates.weights', [columns, heads * experts.count], 'spread'),
    slot('gates.bias', [heads * experts.count], 'zero'),
  ]
  // The experts' first layers read the same inputs, so they are one matrix.
  const [first, ...others] = experts.layers as [number, ...number[]]
  slots.push(slot('experts.0.weights', [columns, experts.count * first], 'spread'))
  slots.push(slot('experts.0.bias', [experts.count * first], 'zero'))
  let inputs = first
  for (const [index, units] of others.entries()) {
    slots.push(...stacked(`experts.${index + 1}`, experts.count, inputs, units, 'spread'))
    inputs = units
  }
  for (const [index, units] of towers.layers.entries()) {
    slots.push(...stacked(`towers.${index}`, heads, inputs, units, 'spread'))
    inputs = units
  }
  slots.push(...stacked('towers.last', heads, inputs, 1, 'zero'))
  return slots
}

const slot = (name: string, shape: readonly number[], start: ParameterSlot['start']): ParameterSlot => ({
  name,
  shape,
  start,
  isLearned: true,
})

const measured = (name: string, columns: number, start: 'zero' | 'one'): ParameterSlot => ({
  name,
  shape: [columns],
  start,
  isLearned: false,
})

/** As many layers of one size beside each other. */
const stacked = (
  name: string,
  count: number,
  inputs: number,
  units: number,
  start: ParameterSlot['start'],
): ParameterSlot[] => [
  slot(`${name}.weights`, [count, inputs, units], start),
  slot(`${name}.bias`, [count, 1, units], 'zero'),
]

/**
 * Values to start from. Spread weights are uniform in ±√(6 / inputs), which keeps the variance of signals
 * through ReLUs ("Delving Deep into Rectifiers", He et al., 2015). `random` answers numbers in [0, 1).
 */
export const initialParameters = (
  definition: NetworkDefinition,
  random: () => number,
): Map<string, Float32Array> =>
  new Map(parameterSlots(definition).map((slot) => [slot.name, startOf(slot, random)]))

const startOf = ({ shape, start }: ParameterSlot, random: () => number): Float32Array => {
  const values = new Float32Array(sizeOf(shape))
  if (start === 'zero') return values
  if (start === 'one') return values.fill(1)
  const bound = start === 'small' ? START_BOUND : Math.sqrt(6 / shape.at(-2)!)
  return values.map(() => (2 * random() - 1) * bound)
}

/** Throws `NETWORK_INVALID` for a parameter that is missing, of another size, or holds a value that is not finite. */
export const checkParameters = (definition: NetworkDefinition, parameters: Parameters): void => {
  for (const { name, shape } of parameterSlots(definition)) {
    const values = parameters.get(name)
    if (values === undefined) throw invalid(definition, name, 'is missing')
    if (values.length !== sizeOf(shape)) {
      throw invalid(definition, name, `has ${values.length} values where [${shape.join(', ')}] is needed`)
    }
    const broken = values.findIndex((value) => !Number.isFinite(value))
    if (broken !== -1) throw invalid(definition, name, `holds ${values[broken]} at ${broken}`)
  }
}

const invalid = ({ name: network }: NetworkDefinition, name: string, detail: string): ModelError =>
  new ModelError('NETWORK_INVALID', `network ${network}: parameter ${name} ${detail}`)
