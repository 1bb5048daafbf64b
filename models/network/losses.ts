import type { GraphBuilder } from '../graph/builder.ts'
import type { Value } from '../graph/graph.ts'
import type { NetworkDefinition } from './definition.ts'

/** Beyond this the loss of a time grows linearly: in logarithms of milliseconds, a factor of e. */
export const HUBER_DELTA = 1

/**
 * What each head loses on each row, [rows, heads], for logits z, weights w and targets t:
 *
 * - a probability (or a score): `w · ln(1 + e^z) − t · z`, which for t = w · label is the weighted cross-entropy
 *   of the label. Weight and target come apart where something learned as a negative turns out to be a positive:
 *   w = 0 and t = 1 then make the gradient −1, the difference between that of a positive and of a negative.
 * - a time: w times Huber's loss of z − t, both logarithms ("Robust Estimation of a Location Parameter", 1964).
 *
 * What has no label has a weight and a target of 0, and no gradient.
 */
export const losses = (
  graph: GraphBuilder,
  { heads }: NetworkDefinition,
  logits: Value,
  weights: Value,
  targets: Value,
): Value => {
  const isTime = heads.map(({ output }) => output === 'seconds')
  const entropy = graph.subtract(
    graph.multiply(weights, graph.softplus(logits)),
    graph.multiply(targets, logits),
  )
  if (!isTime.includes(true)) return entropy
  const time = graph.multiply(weights, huber(graph, graph.subtract(logits, targets)))
  return graph.where(graph.flags('seconds.of', isTime), time, entropy)
}

/** r²/2 up to delta, and from there on its tangent: c · (r − c/2) for c = r brought between −delta and delta. */
const huber = (graph: GraphBuilder, residual: Value): Value => {
  const clipped = graph.clip(residual, -HUBER_DELTA, HUBER_DELTA)
  const half = graph.multiply(clipped, graph.number(0.5))
  return graph.multiply(clipped, graph.subtract(residual, half))
}
