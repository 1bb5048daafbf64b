import { ADAM_NAMES, adamStep } from '../autodiff/adam.ts'
import { gradientsOf } from '../autodiff/gradients.ts'
import { GraphBuilder } from '../graph/builder.ts'
import type { Graph, Value } from '../graph/graph.ts'
import { ROWS } from '../network/forward.ts'
import { TOWER_ROW, towerGraph, TOWERS_SIZE } from './towers.ts'

/** Names of what the graph reads and answers. */
export const TOWER_TRAINING = {
  viewers: 'viewers',
  items: 'items',
  weights: 'weights',
  frequencies: 'frequencies',
  ownFrequencies: 'frequencies.own',
  hidden: 'hidden',
  products: 'products',
  loss: 'loss',
  gradient: 'gradient',
  ...ADAM_NAMES,
} as const

/** Cosines are divided by it: the smaller, the more the nearest of the others count. */
export const TEMPERATURE = 0.1

/** Stands in `hidden` where a row's own post comes again: e to it is nothing. */
export const HIDDEN = -50

/**
 * A step of the towers. Row i pairs a viewer with a post they reacted to; the posts of all other rows are what they
 * might have been shown instead, each less the logarithm of how often it comes, for what is popular comes in most
 * batches without being wrong for most viewers. A post that comes several times in a batch counts once in all:
 *
 * loss = Σ wᵢ · (ln Σⱼ e^zᵢⱼ − zᵢᵢ),  zᵢⱼ = uᵢ · vⱼ / T − ln qⱼ + hiddenᵢⱼ
 *
 * It reads, float32: `viewers` and `items` [rows, TOWER_INPUTS]; `weights` [rows, 1]; `frequencies` [1, rows] and
 * `frequencies.own` [rows, 1], both ln q, q being how likely a batch holds the post; `hidden` [rows, rows], 0 for a row
 * itself, `HIDDEN` where j is the post of row i again, else −ln of how many rows have the post of j;
 * `parameters`, `means`, `squares` [TOWERS_SIZE]; the scalars `rate` and `epsilon` (see `adamScalars`).
 */
export const towerTrainingGraph = (): Graph => {
  const graph = new GraphBuilder('towers-training')
  const names = TOWER_TRAINING
  const viewers = graph.input(names.viewers, TOWER_ROW)
  const items = graph.input(names.items, TOWER_ROW)
  const weights = graph.input(names.weights, [ROWS, 1])
  const frequencies = graph.input(names.frequencies, [1, ROWS])
  const ownFrequencies = graph.input(names.ownFrequencies, [ROWS, 1])
  const hidden = graph.input(names.hidden, [ROWS, ROWS])
  const vector = (name: string): Value => graph.input(name, [TOWERS_SIZE])
  const state = {
    parameters: vector(names.parameters),
    means: vector(names.means),
    squares: vector(names.squares),
  }
  const scalars = { rate: graph.input(names.rate, []), epsilon: graph.input(names.epsilon, []) }

  const users = towerGraph(graph, state.parameters, 'viewer', viewers)
  const posts = towerGraph(graph, state.parameters, 'item', items)
  const sharpness = graph.number(1 / TEMPERATURE)
  const products = graph.multiply(graph.matMul(users, graph.transpose(posts, [1, 0])), sharpness)
  const all = graph.add(graph.subtract(products, frequencies), hidden)
  const own = graph.multiply(graph.sum(graph.multiply(users, posts), [1], true), sharpness)
  const sums = graph.log(graph.sum(graph.exp(all), [1], true))
  const losses = graph.subtract(sums, graph.subtract(own, ownFrequencies))
  const loss = graph.sum(graph.multiply(weights, losses))
  const [gradient] = gradientsOf(graph, loss, [state.parameters])
  const next = adamStep(graph, state, gradient!, scalars)
  return graph.build([
    graph.named(products, names.products),
    graph.named(loss, names.loss),
    graph.named(gradient!, names.gradient),
    graph.named(next.parameters, names.next.parameters),
    graph.named(next.means, names.next.means),
    graph.named(next.squares, names.next.squares),
  ])
}
