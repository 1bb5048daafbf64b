import { ModelError } from '../errors.ts'
import type { GraphBuilder } from '../graph/builder.ts'
import type { Node, Value } from '../graph/graph.ts'
import { RULES } from './rules.ts'
import { summedTo } from './summed-to.ts'

/**
 * Adds to a graph what the gradient of a scalar is with respect to each of some values, by reverse-mode
 * differentiation: nodes are gone through from the last to the first, and each hands the gradient of its output
 * on to its inputs by its operator's rule. Only what lies between the values and the scalar is differentiated.
 * Gradients have the shapes of their values. Throws `NETWORK_INVALID` where the scalar does not depend on a
 * value, or an operator between them has no gradient.
 */
export const gradientsOf = (graph: GraphBuilder, scalar: Value, values: readonly Value[]): Value[] => {
  if (scalar.shape.length > 0) {
    throw new ModelError('NETWORK_INVALID', `gradients of [${scalar.shape.join(', ')}], which is no scalar`)
  }
  const nodes = graph.added
  const depending = dependingOn(values, nodes)
  const gradients = new Map<Value, Value>([[scalar, graph.number(1)]])
  for (const node of nodes.toReversed()) {
    const gradient = gradients.get(node.output)
    if (gradient === undefined || !depending.has(node.output)) continue
    passOn(graph, node, gradient, depending, gradients)
  }
  return values.map((value) => {
    const gradient = gradients.get(value)
    if (gradient !== undefined) return gradient
    throw new ModelError('NETWORK_INVALID', `${scalar.name} does not depend on ${value.name}`)
  })
}

/** The values, and all that is made from them. */
const dependingOn = (values: readonly Value[], nodes: readonly Node[]): ReadonlySet<Value> => {
  const depending = new Set(values)
  for (const { inputs, output } of nodes) {
    if (inputs.some((input) => depending.has(input))) depending.add(output)
  }
  return depending
}

const passOn = (
  graph: GraphBuilder,
  node: Node,
  gradient: Value,
  depending: ReadonlySet<Value>,
  gradients: Map<Value, Value>,
): void => {
  const rule = RULES[node.operator]
  if (rule === null) throw new ModelError('NETWORK_INVALID', `${node.operator} has no gradient`)
  for (const [index, input] of node.inputs.entries()) {
    if (!depending.has(input)) continue
    const passed = rule(graph, node, gradient, index)
    // A comparison's answer does not move with its operands.
    if (passed === null) continue
    const part = summedTo(graph, passed, input.shape)
    const known = gradients.get(input)
    gradients.set(input, known === undefined ? part : graph.add(known, part))
  }
}
