import type { GraphBuilder } from '../graph/builder.ts'
import type { Value } from '../graph/graph.ts'

/** How quickly the averages of gradients and of their squares forget ("Adam", Kingma and Ba, 2015). */
export const MEAN_DECAY = 0.9
export const SQUARE_DECAY = 0.999
const EPSILON = 1e-8

/** What Adam keeps beside each parameter; all of one shape. */
export interface AdamState {
  readonly parameters: Value
  readonly means: Value
  readonly squares: Value
}

/** What graphs of a training step call what Adam reads and answers, each in its own graph. */
export const ADAM_NAMES = {
  parameters: 'parameters',
  means: 'means',
  squares: 'squares',
  rate: 'rate',
  epsilon: 'epsilon',
  next: { parameters: 'parameters.next', means: 'means.next', squares: 'squares.next' },
} as const

/** Scalars of a step: see `adamScalars`. */
export interface AdamScalars {
  readonly rate: Value
  readonly epsilon: Value
}

/** One step of Adam, in the graph. */
export const adamStep = (
  graph: GraphBuilder,
  { parameters, means, squares }: AdamState,
  gradient: Value,
  { rate, epsilon }: AdamScalars,
): AdamState => {
  const average = (old: Value, decay: number, value: Value): Value =>
    graph.add(graph.multiply(old, graph.number(decay)), graph.multiply(value, graph.number(1 - decay)))
  const mean = average(means, MEAN_DECAY, gradient)
  const square = average(squares, SQUARE_DECAY, graph.multiply(gradient, gradient))
  const deviation = graph.add(graph.sqrt(square), epsilon)
  const step = graph.divide(graph.multiply(mean, rate), deviation)
  return { parameters: graph.subtract(parameters, step), means: mean, squares: square }
}

/**
 * Rate and epsilon of the n-th step, counted from 1, corrected for averages that began at zero. With both
 * corrected, `mean · rate / (√square + epsilon)` is Adam's step exactly, and the graph needs no powers.
 */
export const adamScalars = (rate: number, step: number): { rate: number; epsilon: number } => {
  const squareCorrection = Math.sqrt(1 - SQUARE_DECAY ** step)
  return {
    rate: (rate * squareCorrection) / (1 - MEAN_DECAY ** step),
    epsilon: EPSILON * squareCorrection,
  }
}
