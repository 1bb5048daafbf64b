import type { GraphBuilder } from '../graph/builder.ts'
import { type Node, type Operator, sizeOf, type Value } from '../graph/graph.ts'

/**
 * The gradient with respect to one input of a node, given that of its output. It may have a shape that the
 * input was broadcast to. `null` where the output does not move with the input.
 */
export type Rule = (graph: GraphBuilder, node: Node, gradient: Value, index: number) => Value | null

/** How each operator hands gradients on. `null`: not differentiable here, and refused. */
export const RULES: Readonly<Record<Operator, Rule | null>> = {
  Add: (_graph, _node, gradient) => gradient,
  Sub: (graph, _node, gradient, index) => (index === 0 ? gradient : graph.negate(gradient)),
  Mul: (graph, { inputs }, gradient, index) => graph.multiply(gradient, inputs[1 - index]!),
  Div: (graph, { inputs, output }, gradient, index) => {
    const quotient = graph.divide(gradient, inputs[1]!)
    return index === 0 ? quotient : graph.negate(graph.multiply(quotient, output))
  },
  Neg: (graph, _node, gradient) => graph.negate(gradient),
  Exp: (graph, { output }, gradient) => graph.multiply(gradient, output),
  Log: (graph, { inputs }, gradient) => graph.divide(gradient, inputs[0]!),
  Sqrt: (graph, { output }, gradient) => graph.divide(graph.multiply(gradient, graph.number(0.5)), output),
  // Two casts are several times faster than Sign, and than a comparison with zero.
  Relu: (graph, { output }, gradient) => graph.multiply(gradient, graph.isNonZero(output)),
  Sigmoid: (graph, { output }, gradient) => {
    const slope = graph.multiply(output, graph.subtract(graph.number(1), output))
    return graph.multiply(gradient, slope)
  },
  Softplus: (graph, { inputs }, gradient) => graph.multiply(gradient, graph.sigmoid(inputs[0]!)),
  Softmax: (graph, { output }, gradient) => {
    const last = output.shape.length - 1
    const mean = graph.sum(graph.multiply(gradient, output), [last], true)
    return graph.multiply(output, graph.subtract(gradient, mean))
  },
  // Of two that are equal, the first counts.
  Max: (graph, { inputs: [one, other] }, gradient, index) =>
    chosen(graph, graph.less(one!, other!), gradient, index === 1),
  Min: (graph, { inputs: [one, other] }, gradient, index) =>
    chosen(graph, graph.less(other!, one!), gradient, index === 1),
  Clip: (graph, { inputs: [value, lowest, highest] }, gradient, index) => {
    if (index > 0) return null
    const above = chosen(graph, graph.less(lowest!, value!), gradient, true)
    return chosen(graph, graph.less(value!, highest!), above, true)
  },
  Where: (graph, { inputs }, gradient, index) =>
    index === 0 ? null : chosen(graph, inputs[0]!, gradient, index === 1),
  MatMul: (graph, { inputs }, gradient, index) =>
    index === 0
      ? graph.matMul(gradient, matrixTransposed(graph, inputs[1]!))
      : graph.matMul(matrixTransposed(graph, inputs[0]!), gradient),
  ReduceSum: (graph, { inputs }, gradient, index) =>
    index === 0 ? graph.expand(gradient, inputs[0]!) : null,
  Reshape: (graph, { inputs }, gradient) => graph.reshape(gradient, inputs[0]!.shape),
  Transpose: (graph, { attributes }, gradient) => {
    const order = attributes['perm'] as readonly number[]
    return graph.transpose(
      gradient,
      order.map((_, axis) => order.indexOf(axis)),
    )
  },
  Identity: (_graph, _node, gradient) => gradient,
  Less: () => null,
  Concat: (graph, { inputs }, gradient, index) => {
    const start = inputs.slice(0, index).reduce((sum, input) => sum + widthOf(input), 0)
    return graph.slice(gradient, start, start + widthOf(inputs[index]!))
  },
  Slice: (graph, { inputs: [value, from] }, gradient) => {
    const [start] = graph.integersOf(from!)
    return graph.pad(gradient, start!, widthOf(value!) - start! - widthOf(gradient))
  },
  Cast: null,
  Expand: null,
  MatMulInteger: null,
  Pad: null,
  Shape: null,
  TopK: null,
}

/** The gradient where the condition holds, or only where it does not, and zero elsewhere. */
const chosen = (graph: GraphBuilder, condition: Value, gradient: Value, whereTrue: boolean): Value =>
  whereTrue
    ? graph.where(condition, gradient, graph.number(0))
    : graph.where(condition, graph.number(0), gradient)

const matrixTransposed = (graph: GraphBuilder, value: Value): Value => {
  const axes = [...value.shape.keys()]
  return graph.transpose(value, [...axes.slice(0, -2), axes.at(-1)!, axes.at(-2)!])
}

const widthOf = ({ shape }: Value): number => sizeOf(shape.slice(-1))
