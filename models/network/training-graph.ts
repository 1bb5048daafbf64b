import { ADAM_NAMES, adamStep, type AdamState } from '../autodiff/adam.ts'
import { gradientsOf } from '../autodiff/gradients.ts'
import { GraphBuilder } from '../graph/builder.ts'
import type { Graph, Value } from '../graph/graph.ts'
import { checkDefinition, type NetworkDefinition } from './definition.ts'
import { logits, networkInputs, ROWS } from './forward.ts'
import { losses } from './losses.ts'
import { ParameterLayout } from './parameter-layout.ts'

/** Names of what the training graph reads beside a network's own inputs, and of what it answers. */
export const TRAINING = {
  weights: 'weights',
  targets: 'targets',
  rate: 'rate',
  epsilon: 'epsilon',
  state: { parameters: 'parameters', means: 'means', squares: 'squares' },
  logits: 'logits',
  losses: 'losses',
  next: ADAM_NAMES.next,
  embeddingGradients: 'embeddings.gradients',
} as const

/**
 * The graph of a training step, from the same forward pass as the serving graph. It reads, float32:
 *
 * - `row` and `embeddings`, as the serving graph does;
 * - `weights` and `targets` [rows, heads]: see losses.ts. Gradients are of the sum over rows: for that of the
 *   mean, give weights and targets divided by the number of rows;
 * - `parameters`, `means`, `squares` [size of the layout]: what is learned, and Adam's averages;
 * - each parameter that is not learned under its own name, and the scalars `rate` and `epsilon` (see `adamScalars`).
 *
 * It answers `logits` [rows, heads] and `losses` [heads] as they were before the step, `parameters.next`,
 * `means.next`, `squares.next`, and `embeddings.gradients` in the shape of `embeddings`. Throws `NETWORK_INVALID`.
 */
export const trainingGraph = (definition: NetworkDefinition): Graph => {
  checkDefinition(definition)
  const graph = new GraphBuilder(`${definition.name}-training`)
  const layout = new ParameterLayout(definition)
  const inputs = networkInputs(graph, definition)
  const labels = (name: string): Value => graph.input(name, [ROWS, definition.heads.length])
  const weights = labels(TRAINING.weights)
  const targets = labels(TRAINING.targets)
  const state = stateInputs(graph, layout.size)
  const scalars = { rate: graph.input(TRAINING.rate, []), epsilon: graph.input(TRAINING.epsilon, []) }

  const parameters = parameterValues(graph, layout, state.parameters)
  const answers = logits(graph, definition, (name) => parameters.get(name)!, inputs)
  const byRow = losses(graph, definition, answers, weights, targets)
  const learned = layout.learned.map(({ name }) => parameters.get(name)!)
  const { embeddings } = inputs
  const gradients = gradientsOf(
    graph,
    graph.sum(byRow),
    embeddings === undefined ? learned : [...learned, embeddings],
  )
  const flat = learned.map((_, index) => flattened(graph, gradients[index]!, layout, index))
  const next = adamStep(graph, state, graph.concat(flat), scalars)

  const outputs = [
    graph.named(answers, TRAINING.logits),
    graph.named(graph.sum(byRow, [0]), TRAINING.losses),
    graph.named(next.parameters, TRAINING.next.parameters),
    graph.named(next.means, TRAINING.next.means),
    graph.named(next.squares, TRAINING.next.squares),
  ]
  if (embeddings !== undefined) outputs.push(graph.named(gradients.at(-1)!, TRAINING.embeddingGradients))
  return graph.build(outputs)
}

const stateInputs = (graph: GraphBuilder, size: number): AdamState => ({
  parameters: graph.input(TRAINING.state.parameters, [size]),
  means: graph.input(TRAINING.state.means, [size]),
  squares: graph.input(TRAINING.state.squares, [size]),
})

/** Each learned parameter cut from the vector, each of the others an input of its own. */
const parameterValues = (
  graph: GraphBuilder,
  { learned, given }: ParameterLayout,
  vector: Value,
): ReadonlyMap<string, Value> => {
  const values = new Map<string, Value>()
  for (const { name, shape } of given) values.set(name, graph.input(name, shape))
  for (const { name, shape, from, to } of learned) {
    values.set(name, graph.reshape(graph.slice(vector, from, to), shape))
  }
  return values
}

const flattened = (graph: GraphBuilder, gradient: Value, layout: ParameterLayout, index: number): Value => {
  const { from, to } = layout.learned[index]!
  return graph.reshape(gradient, [to - from])
}
