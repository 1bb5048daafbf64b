import { InferenceSession, Tensor } from 'onnxruntime-node'
import { Random } from '../../engine/driver/random.ts'
import { ADAM_NAMES, adamScalars, adamStep } from '../../models/autodiff/adam.ts'
import { gradientsOf } from '../../models/autodiff/gradients.ts'
import { SAMPLE_ROWS } from '../../models/distillation/ranking-sample.ts'
import { teach } from '../../models/distillation/teacher.ts'
import { GraphBuilder } from '../../models/graph/builder.ts'
import type { Graph, Value } from '../../models/graph/graph.ts'
import { onnxModel } from '../../models/onnx/model.ts'
import { CONTENT_DIMENSIONS } from '../../processors/content/direction.ts'
import { ITEM_INPUTS, USER_INPUTS } from './tower-rows.ts'

/** What two towers learn of one ranking: the same candidates that the light ranker learns from. */
export interface TowerSample {
  /** `USER_INPUTS`. */
  readonly user: Float32Array
  /** `ITEM_INPUTS` a candidate, `SAMPLE_ROWS` of them. */
  readonly items: Float32Array
  readonly values: Float32Array
  readonly shares: Float32Array
}

const HIDDEN = 64
const VECTOR = CONTENT_DIMENSIONS
const BATCH_SAMPLES = 8
const RATE = 2e-3
/** As of the light ranker: e to what is farther from 0 must stay a float32. */
const SCORE_MAX = 40
const SEED = 1
/** The towers begin as what a taste and a content have in common, and small beside the rest. */
const LINEAR_BOUND = 0.02

interface Part {
  readonly shape: readonly [number, number]
  readonly start: number
}

/** A tower: x · linear + relu(x · hidden + bias) · last. */
type Tower = Readonly<Record<'linear' | 'hidden' | 'bias' | 'last', Part>>

let size = 0
const partOf = (rows: number, columns: number): Part => {
  const start = size
  size += rows * columns
  return { shape: [rows, columns], start }
}
const towerOf = (inputs: number): Tower => ({
  linear: partOf(inputs, VECTOR),
  hidden: partOf(inputs, HIDDEN),
  bias: partOf(1, HIDDEN),
  last: partOf(HIDDEN, VECTOR),
})
const USER = towerOf(USER_INPUTS)
const ITEM = towerOf(ITEM_INPUTS)
const SIZE = size

/**
 * A light ranker of two towers: each sees its own side alone, and a score is the product of their vectors. It learns
 * by the light ranker's loss and from the same samples: what is compared is what the towers may see.
 */
export class TwoTowers {
  private readonly training: InferenceSession
  private readonly scoring: InferenceSession
  private state = beginning()
  private steps = 0

  private constructor(training: InferenceSession, scoring: InferenceSession) {
    this.training = training
    this.scoring = scoring
  }

  static async create(): Promise<TwoTowers> {
    const open = (graph: Graph): Promise<InferenceSession> => InferenceSession.create(onnxModel(graph))
    return new TwoTowers(await open(trainingGraph()), await open(scoringGraph()))
  }

  /** Samples that do not fill a batch are left out. Answers the mean loss of a sample. */
  async learn(samples: readonly TowerSample[]): Promise<number> {
    let sum = 0
    let batches = 0
    for (let start = 0; start + BATCH_SAMPLES <= samples.length; start += BATCH_SAMPLES) {
      sum += await this.step(samples.slice(start, start + BATCH_SAMPLES))
      batches++
    }
    return sum / batches / BATCH_SAMPLES
  }

  /** Scores of one viewer's candidates. */
  async score(user: Float32Array, items: Float32Array): Promise<Float32Array> {
    const rows = items.length / ITEM_INPUTS
    const answer = await this.scoring.run({
      users: tensor(user, [1, USER_INPUTS]),
      items: tensor(items, [rows, ITEM_INPUTS]),
      members: tensor(new Float32Array(rows).fill(1), [1, rows]),
      [ADAM_NAMES.parameters]: tensor(this.state.parameters, [SIZE]),
    })
    return answer['scores']!.data as Float32Array
  }

  async dispose(): Promise<void> {
    await this.training.release()
    await this.scoring.release()
  }

  private async step(samples: readonly TowerSample[]): Promise<number> {
    const rows = samples.length * SAMPLE_ROWS
    const teacher = new Float32Array(rows)
    const members = new Float32Array(samples.length * rows)
    for (const [index, { values, shares }] of samples.entries()) {
      teach(values, shares, teacher, index * SAMPLE_ROWS)
      members.fill(1, index * rows + index * SAMPLE_ROWS, index * rows + (index + 1) * SAMPLE_ROWS)
    }
    const { rate, epsilon } = adamScalars(RATE, this.steps + 1)
    const { parameters, means, squares } = this.state
    const answer = await this.training.run({
      users: tensor(joined(samples.map(({ user }) => user)), [samples.length, USER_INPUTS]),
      items: tensor(joined(samples.map(({ items }) => items)), [rows, ITEM_INPUTS]),
      members: tensor(members, [samples.length, rows]),
      teacher: tensor(teacher, [rows, 1]),
      log_shares: tensor(
        joined(samples.map(({ shares }) => shares)).map((share) => Math.log(share)),
        [rows, 1],
      ),
      [ADAM_NAMES.parameters]: tensor(parameters, [SIZE]),
      [ADAM_NAMES.means]: tensor(means, [SIZE]),
      [ADAM_NAMES.squares]: tensor(squares, [SIZE]),
      [ADAM_NAMES.rate]: tensor(Float32Array.of(rate), []),
      [ADAM_NAMES.epsilon]: tensor(Float32Array.of(epsilon), []),
    })
    const values = (name: string): Float32Array => answer[name]!.data as Float32Array
    const { next } = ADAM_NAMES
    this.state = {
      parameters: values(next.parameters),
      means: values(next.means),
      squares: values(next.squares),
    }
    this.steps++
    return values('loss')[0]!
  }
}

const beginning = (): Readonly<Record<'parameters' | 'means' | 'squares', Float32Array>> => {
  const random = new Random(SEED)
  const parameters = new Float32Array(SIZE)
  const fill = ({ shape, start }: Part, bound: number): void => {
    for (let at = start; at < start + shape[0] * shape[1]; at++)
      parameters[at] = (2 * random.next() - 1) * bound
  }
  for (const tower of [USER, ITEM]) {
    fill(tower.linear, LINEAR_BOUND)
    fill(tower.hidden, Math.sqrt(6 / tower.hidden.shape[0]))
    fill(tower.last, LINEAR_BOUND)
    for (let index = 0; index < CONTENT_DIMENSIONS; index++) {
      parameters[tower.linear.start + index * VECTOR + index] = 1
    }
  }
  return { parameters, means: new Float32Array(SIZE), squares: new Float32Array(SIZE) }
}

const scoringGraph = (): Graph => {
  const graph = new GraphBuilder('two-towers')
  const { scores } = scored(graph)
  return graph.build([graph.named(scores, 'scores')])
}

const trainingGraph = (): Graph => {
  const graph = new GraphBuilder('two-towers-training')
  const { scores, parameters, members } = scored(graph)
  const teacher = graph.input('teacher', ['rows', 1])
  const logShares = graph.input('log_shares', ['rows', 1])
  const means = graph.input(ADAM_NAMES.means, [SIZE])
  const squares = graph.input(ADAM_NAMES.squares, [SIZE])
  const scalars = { rate: graph.input(ADAM_NAMES.rate, []), epsilon: graph.input(ADAM_NAMES.epsilon, []) }
  const weighed = graph.add(scores, logShares)
  const sums = graph.log(graph.matMul(members, graph.exp(weighed)))
  const loss = graph.subtract(graph.sum(sums), graph.sum(graph.multiply(teacher, weighed)))
  const [gradient] = gradientsOf(graph, loss, [parameters])
  const next = adamStep(graph, { parameters, means, squares }, gradient!, scalars)
  return graph.build([
    graph.named(loss, 'loss'),
    graph.named(next.parameters, ADAM_NAMES.next.parameters),
    graph.named(next.means, ADAM_NAMES.next.means),
    graph.named(next.squares, ADAM_NAMES.next.squares),
  ])
}

const scored = (
  graph: GraphBuilder,
): { readonly scores: Value; readonly parameters: Value; readonly members: Value } => {
  const users = graph.input('users', ['samples', USER_INPUTS])
  const items = graph.input('items', ['rows', ITEM_INPUTS])
  const members = graph.input('members', ['samples', 'rows'])
  const parameters = graph.input(ADAM_NAMES.parameters, [SIZE])
  const own = graph.matMul(graph.transpose(members, [1, 0]), vectors(graph, parameters, USER, users))
  const products = graph.multiply(own, vectors(graph, parameters, ITEM, items))
  return { scores: graph.clip(graph.sum(products, [1], true), -SCORE_MAX, SCORE_MAX), parameters, members }
}

const vectors = (graph: GraphBuilder, parameters: Value, tower: Tower, inputs: Value): Value => {
  const part = ({ shape, start }: Part): Value =>
    graph.reshape(graph.slice(parameters, start, start + shape[0] * shape[1]), shape)
  const units = graph.relu(graph.add(graph.matMul(inputs, part(tower.hidden)), part(tower.bias)))
  return graph.add(graph.matMul(inputs, part(tower.linear)), graph.matMul(units, part(tower.last)))
}

const joined = (arrays: readonly Float32Array[]): Float32Array => {
  const all = new Float32Array(arrays.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const array of arrays) {
    all.set(array, at)
    at += array.length
  }
  return all
}

const tensor = (values: Float32Array, shape: readonly number[]): Tensor =>
  new Tensor('float32', values, shape)
