import type { GraphBuilder } from '../graph/builder.ts'
import type { Shape, Value } from '../graph/graph.ts'

/**
 * The gradient of what was broadcast: summed over the axes along which it was repeated. The value's own shape
 * must be one that broadcasts to the gradient's.
 */
export const summedTo = (graph: GraphBuilder, gradient: Value, shape: Shape): Value => {
  const added = gradient.shape.length - shape.length
  const axes = [...gradient.shape.keys()].filter(
    (axis) => axis < added || (shape[axis - added] === 1 && gradient.shape[axis] !== 1),
  )
  if (axes.length === 0) return gradient
  const sum = graph.sum(gradient, axes, true)
  return added === 0 ? sum : graph.reshape(sum, shape)
}
