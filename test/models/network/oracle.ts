import type { NetworkDefinition } from '../../../models/network/definition.ts'
import { DEVIATIONS_MAX } from '../../../models/network/forward.ts'
import type { Parameters } from '../../../models/network/parameters.ts'
import { DWELL_MAX_MS } from '../../../models/network/serving-graph.ts'
import { LINEAR_MAX, type Transform } from '../../../models/row/transform.ts'

/**
 * What a network answers for one row, said once more row by row and unit by unit, in double precision: the
 * formulas of definition.ts and transform.ts with no tensor in sight.
 */
export const answerOf = (
  definition: NetworkDefinition,
  parameters: Parameters,
  row: Float32Array,
  vectors?: Float32Array,
): number[] => {
  const logits = logitsOf(definition, parameters, row, vectors)
  return definition.heads.map(({ output }, head) => {
    const logit = logits[head]!
    if (output === 'score') return logit
    if (output === 'probability') return 1 / (1 + Math.exp(-logit))
    return Math.min(DWELL_MAX_MS, Math.exp(logit)) / 1_000
  })
}

export const logitsOf = (
  definition: NetworkDefinition,
  parameters: Parameters,
  row: Float32Array,
  vectors?: Float32Array,
): number[] => {
  const columns = transformedOf(definition, row)
  const layer = inputLayerOf(definition, parameters, vectors)
  const deep = deepOf(definition, parameters, columns, layer)
  return layer('wide', columns).map((wide, head) => wide + deep[head]!)
}

type InputLayer = (name: string, inputs: readonly number[]) => number[]

/** A layer over columns, plus one over vectors and the products of the first with each other. */
const inputLayerOf = (
  { embeddings }: NetworkDefinition,
  parameters: Parameters,
  vectors: Float32Array | undefined,
): InputLayer => {
  return (name, inputs) => {
    const bias = parameters.get(`${name}.bias`)!
    const sums = product(inputs, parameters.get(`${name}.weights`)!, bias)
    if (embeddings === undefined) return sums
    const { entities, dimensions } = embeddings
    const given = Array.from(vectors!)
    const dots = entities.slice(1).map((_, other) => {
      let dot = 0
      for (let index = 0; index < dimensions; index++)
        dot += given[index]! * given[(other + 1) * dimensions + index]!
      return dot
    })
    const none = new Float32Array(bias.length)
    const more = product([...given, ...dots], parameters.get(`${name}.embedding_weights`)!, none)
    return sums.map((sum, unit) => sum + more[unit]!)
  }
}

/** The columns of a row as the network reads them. */
export const transformedOf = ({ row, sums }: NetworkDefinition, raw: Float32Array): number[] => {
  const curved: number[] = []
  const linear: number[] = []
  for (const [index, { transform }] of row.columns.entries()) {
    if (transform.kind === 'linear') linear.push(Math.max(-LINEAR_MAX, Math.min(LINEAR_MAX, raw[index]!)))
    else curved.push(Math.log1p(boundedOf(transform, raw[index]!)))
  }
  for (const { terms, transform } of sums) {
    let sum = 0
    for (const [name, factor] of Object.entries(terms)) {
      const index = row.indexOf(name)
      sum += factor * boundedOf(row.columns[index]!.transform, raw[index]!)
    }
    curved.push(Math.log1p(boundedOf(transform, sum)))
  }
  return [...curved, ...linear]
}

const boundedOf = (transform: Transform, raw: number): number => {
  if (transform.kind === 'linear') throw new Error('linear columns are not summed')
  const { kind, per, max } = transform
  if (raw < 0) return kind === 'age' ? max : 0
  return Math.min(max, raw / per)
}

/** inputs × weights + bias; `at` picks one of several matrices that lie after each other. */
const product = (
  inputs: readonly number[],
  weights: Float32Array,
  bias: Float32Array,
  at = 0,
  of = 1,
): number[] => {
  const units = bias.length / of
  return Array.from({ length: units }, (_, unit) => {
    let sum = bias[at * units + unit]!
    for (const [index, input] of inputs.entries())
      sum += input * weights[(at * inputs.length + index) * units + unit]!
    return sum
  })
}

const relu = (values: readonly number[]): number[] => values.map((value) => Math.max(0, value))

const softmax = (values: readonly number[]): number[] => {
  const exponentials = values.map((value) => Math.exp(value - Math.max(...values)))
  const sum = exponentials.reduce((one, other) => one + other, 0)
  return exponentials.map((value) => value / sum)
}

const deepOf = (
  { deep, heads }: NetworkDefinition,
  parameters: Parameters,
  columns: readonly number[],
  inputLayer: InputLayer,
): number[] => {
  if (deep === undefined) return heads.map(() => 0)
  const values = (name: string): Float32Array => parameters.get(name)!
  const inputs = columns.map((value, index) => {
    const deviations = (value - values('normalise.mean')[index]!) * values('normalise.scale')[index]!
    return Math.max(-DEVIATIONS_MAX, Math.min(DEVIATIONS_MAX, deviations))
  })
  const linear = product(inputs, values('linear.weights'), new Float32Array(heads.length))
  const { experts, towers } = deep
  const allFirst = relu(inputLayer('experts.0', inputs))
  const allGates = inputLayer('gates', inputs)
  const outputs = Array.from({ length: experts.count }, (_, expert) => {
    const units = experts.layers[0]!
    let value = allFirst.slice(expert * units, (expert + 1) * units)
    for (let layer = 1; layer < experts.layers.length; layer++) {
      const name = `experts.${layer}`
      value = relu(product(value, values(`${name}.weights`), values(`${name}.bias`), expert, experts.count))
    }
    return value
  })
  return heads.map((_, head) => {
    const gates = softmax(allGates.slice(head * experts.count, (head + 1) * experts.count))
    let value = outputs[0]!.map((_, unit) =>
      gates.reduce((sum, gate, expert) => sum + gate * outputs[expert]![unit]!, 0),
    )
    for (const layer of towers.layers.keys()) {
      const name = `towers.${layer}`
      value = relu(product(value, values(`${name}.weights`), values(`${name}.bias`), head, heads.length))
    }
    const [last] = product(
      value,
      values('towers.last.weights'),
      values('towers.last.bias'),
      head,
      heads.length,
    )
    return linear[head]! + last!
  })
}
