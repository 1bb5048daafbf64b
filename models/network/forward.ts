import type { GraphBuilder } from '../graph/builder.ts'
import type { Value } from '../graph/graph.ts'
import type { DeepPart, NetworkDefinition } from './definition.ts'
import { transformed } from './transform-graph.ts'

/** The batch's length, known when the graph runs. */
export const ROWS = 'rows'

/** Gives a parameter's value in the graph: an initialiser when serving, an input where it is learned. */
export type ParameterValue = (name: string) => Value

/**
 * Raw rows [rows, columns] to logits [rows, heads]: what serving and training share. Every operator that
 * follows a parameter has a gradient.
 */
export const logits = (
  graph: GraphBuilder,
  definition: NetworkDefinition,
  parameter: ParameterValue,
  rows: Value,
): Value => {
  const columns = transformed(graph, definition, rows)
  const wide = graph.add(graph.matMul(columns, parameter('wide.weights')), parameter('wide.bias'))
  if (definition.deep === undefined) return wide
  return graph.add(wide, deep(graph, definition.deep, definition.heads.length, parameter, columns))
}

const deep = (
  graph: GraphBuilder,
  { experts, towers }: DeepPart,
  heads: number,
  parameter: ParameterValue,
  columns: Value,
): Value => {
  const centred = graph.subtract(columns, parameter('normalise.mean'))
  const inputs = graph.multiply(centred, parameter('normalise.scale'))
  const layer = (name: string, value: Value): Value =>
    graph.add(graph.matMul(value, parameter(`${name}.weights`)), parameter(`${name}.bias`))

  const gates = graph.softmax(graph.reshape(layer('gates', inputs), [ROWS, heads, experts.count]))
  const [first, ...others] = experts.layers as [number, ...number[]]
  let expert = graph.reshape(graph.relu(layer('experts.0', inputs)), [ROWS, experts.count, first])
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
  return graph.transpose(last, [1, 0])
}
