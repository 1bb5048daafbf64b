import { ADAM_NAMES, adamStep } from '../autodiff/adam.ts'
import { gradientsOf } from '../autodiff/gradients.ts'
import { GraphBuilder } from '../graph/builder.ts'
import type { Graph, Value } from '../graph/graph.ts'
import type { NetworkDefinition } from '../network/definition.ts'
import { logits, networkInputs, ROWS } from '../network/forward.ts'
import { ParameterLayout } from '../network/parameter-layout.ts'

export const LIGHT_TRAINING = {
  teacher: 'teacher',
  logShares: 'log_shares',
  members: 'members',
  scores: 'scores',
  loss: 'loss',
  gradient: 'gradient',
  ...ADAM_NAMES,
} as const

/** Scores farther from 0 are cut: e to them must stay a float32. */
export const SCORE_MAX = 40

/**
 * A step of a network of one head, over samples of rankings: the scores z of each are read as one distribution, and
 * compared to the teacher's t, which sums to 1:
 *
 * loss = Σ over samples of (ln Σⱼ sⱼ e^zⱼ − Σⱼ tⱼ (zⱼ + ln sⱼ))
 *
 * where a candidate that stands for s others counts as s ("On Using Very Large Target Vocabulary", Jean et al., 2015).
 * What is the same for all candidates of a request is not learned, as it need not be. It reads, float32: `row`
 * [rows, columns]; `teacher` and `log_shares` [rows, 1]; `members` [samples, rows], 1 where a row is of a sample;
 * `parameters`, `means`, `squares`; each parameter that is not learned by its name; the scalars `rate` and `epsilon` (see
 * `adamScalars`).
 */
export const lightTrainingGraph = (definition: NetworkDefinition): Graph => {
  const graph = new GraphBuilder(`${definition.name}-distillation`)
  const names = LIGHT_TRAINING
  const layout = new ParameterLayout(definition)
  const inputs = networkInputs(graph, definition)
  const teacher = graph.input(names.teacher, [ROWS, 1])
  const logShares = graph.input(names.logShares, [ROWS, 1])
  const members = graph.input(names.members, ['samples', ROWS])
  const vector = (name: string): Value => graph.input(name, [layout.size])
  const state = {
    parameters: vector(names.parameters),
    means: vector(names.means),
    squares: vector(names.squares),
  }
  const scalars = { rate: graph.input(names.rate, []), epsilon: graph.input(names.epsilon, []) }

  const parameters = new Map<string, Value>()
  for (const { name, shape: of } of layout.given) parameters.set(name, graph.input(name, of))
  for (const { name, shape: of, from, to } of layout.learned) {
    parameters.set(name, graph.reshape(graph.slice(state.parameters, from, to), of))
  }
  const scores = graph.clip(
    logits(graph, definition, (name) => parameters.get(name)!, inputs),
    -SCORE_MAX,
    SCORE_MAX,
  )
  const weighed = graph.add(scores, logShares)
  const sums = graph.log(graph.matMul(members, graph.exp(weighed)))
  const loss = graph.subtract(graph.sum(sums), graph.sum(graph.multiply(teacher, weighed)))
  const learned = layout.learned.map(({ name }) => parameters.get(name)!)
  const gradients = gradientsOf(graph, loss, learned)
  const flat = graph.concat(
    gradients.map((gradient, index) => {
      const { from, to } = layout.learned[index]!
      return graph.reshape(gradient, [to - from])
    }),
  )
  const next = adamStep(graph, state, flat, scalars)
  return graph.build([
    graph.named(scores, names.scores),
    graph.named(loss, names.loss),
    graph.named(flat, names.gradient),
    graph.named(next.parameters, names.next.parameters),
    graph.named(next.means, names.next.means),
    graph.named(next.squares, names.next.squares),
  ])
}
