import type { GraphBuilder } from '../graph/builder.ts'
import type { Value } from '../graph/graph.ts'
import { type DeepPart, type EmbeddingPart, embeddingWidth, type NetworkDefinition } from './definition.ts'
import { transformed } from './transform-graph.ts'

/** The batch's length, known when the graph runs. */
export const ROWS = 'rows'

/** Farther from its mean a column counts as this far: one that is rarely anything must not decide alone when it is. */
export const DEVIATIONS_MAX = 3

/** Names of the graphs' inputs. */
export const INPUT = 'row'
export const EMBEDDINGS_INPUT = 'embeddings'

/** Gives a parameter's value in the graph: an initialiser when serving, an input where it is learned. */
export type ParameterValue = (name: string) => Value

/** What a network reads: raw rows [rows, columns] and, where it has any, vectors of entities side by side. */
export interface NetworkInputs {
  readonly rows: Value
  readonly embeddings: Value | undefined
}

export const networkInputs = (
  graph: GraphBuilder,
  { row, embeddings }: NetworkDefinition,
): NetworkInputs => ({
  rows: graph.input(INPUT, [ROWS, row.width]),
  embeddings:
    embeddings === undefined ? undefined : graph.input(EMBEDDINGS_INPUT, [ROWS, embeddingWidth(embeddings)]),
})

/**
 * Inputs to logits [rows, heads]: what serving and training share. Every operator that follows a parameter or a
 * vector has a gradient.
 */
export const logits = (
  graph: GraphBuilder,
  definition: NetworkDefinition,
  parameter: ParameterValue,
  { rows, embeddings }: NetworkInputs,
): Value => {
  const columns = transformed(graph, definition, rows)
  const vectors =
    definition.embeddings && embeddings && withDotProducts(graph, definition.embeddings, embeddings)
  const layer = inputLayers(graph, parameter, vectors)
  const wide = layer('wide', columns)
  if (definition.deep === undefined) return wide
  return graph.add(wide, deep(graph, definition.deep, definition.heads.length, parameter, layer, columns))
}

/** Vectors side by side, then the dot products of the first with each other. */
const withDotProducts = (
  graph: GraphBuilder,
  { entities, dimensions }: EmbeddingPart,
  vectors: Value,
): Value => {
  const width = entities.length * dimensions
  const first = graph.reshape(graph.slice(vectors, 0, dimensions), [ROWS, 1, dimensions])
  const others = graph.reshape(graph.slice(vectors, dimensions, width), [
    ROWS,
    entities.length - 1,
    dimensions,
  ])
  return graph.concat([vectors, graph.sum(graph.multiply(others, first), [2])])
}

type Layer = (name: string, inputs: Value) => Value

/** A layer that reads the columns, and the vectors too where there are any. */
const inputLayers =
  (graph: GraphBuilder, parameter: ParameterValue, vectors: Value | undefined): Layer =>
  (name, columns) => {
    const biased = graph.add(graph.matMul(columns, parameter(`${name}.weights`)), parameter(`${name}.bias`))
    if (vectors === undefined) return biased
    return graph.add(biased, graph.matMul(vectors, parameter(`${name}.embedding_weights`)))
  }

const deep = (
  graph: GraphBuilder,
  { experts, towers }: DeepPart,
  heads: number,
  parameter: ParameterValue,
  inputLayer: Layer,
  columns: Value,
): Value => {
  const centred = graph.subtract(columns, parameter('normalise.mean'))
  const deviations = graph.multiply(centred, parameter('normalise.scale'))
  const inputs = graph.clip(deviations, -DEVIATIONS_MAX, DEVIATIONS_MAX)
  const layer = (name: string, value: Value): Value =>
    graph.add(graph.matMul(value, parameter(`${name}.weights`)), parameter(`${name}.bias`))

  const gates = graph.softmax(graph.reshape(inputLayer('gates', inputs), [ROWS, heads, experts.count]))
  const [first, ...others] = experts.layers as [number, ...number[]]
  let expert = graph.reshape(graph.relu(inputLayer('experts.0', inputs)), [ROWS, experts.count, first])
  if (others.length > 0) {
    // Layers that differ by expert: the experts become the leading dimension of a batch of products.
    let stacked = graph.transpose(expert, [1, 0, 2])
    for (const index of others.keys()) stacked = graph.relu(layer(`experts.${index + 1}`, stacked))
    expert = graph.transpose(stacked, [1, 0, 2])
  }
  const mixtures = graph.matMul(gates, expert)
  let tower = graph.transpose(mixtures, [1, 0, 2])
  for (const index of towers.layers.keys()) tower = graph.relu(layer(`towers.${index}`, tower))
  const last = graph.reshape(layer('towers.last', tower), [heads, ROWS])
  return graph.add(graph.matMul(inputs, parameter('linear.weights')), graph.transpose(last, [1, 0]))
}
