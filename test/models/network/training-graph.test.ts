import { InferenceSession, Tensor } from 'onnxruntime-node'
import { describe, expect, test } from 'vitest'
import { Random } from '../../../engine/driver/random.ts'
import { adamScalars, MEAN_DECAY, SQUARE_DECAY } from '../../../models/autodiff/adam.ts'
import { embeddingWidth, type NetworkDefinition } from '../../../models/network/definition.ts'
import { EMBEDDINGS_INPUT, INPUT } from '../../../models/network/forward.ts'
import { HUBER_DELTA } from '../../../models/network/losses.ts'
import { ParameterLayout } from '../../../models/network/parameter-layout.ts'
import { TRAINING, trainingGraph } from '../../../models/network/training-graph.ts'
import { onnxModel } from '../../../models/onnx/model.ts'
import { HEAVY_NETWORK } from '../../../models/rankers.ts'
import { logitsOf } from './oracle.ts'
import { sampleNetwork, sampleParameters, sampleVectors } from './sample.ts'

const NETWORKS = 50
const ROWS = 4
/** Slopes are measured on about this many elements of each tensor. */
const ELEMENTS = 4

interface Case {
  readonly definition: NetworkDefinition
  readonly parameters: Map<string, Float32Array>
  readonly rows: Float32Array
  readonly vectors: Float32Array | undefined
  readonly weights: Float32Array
  readonly targets: Float32Array
}

const caseOf = (definition: NetworkDefinition, random: Random): Case => {
  const { row, heads } = definition
  const labels = ROWS * heads.length
  return {
    definition,
    parameters: sampleParameters(definition, random),
    rows: new Float32Array(ROWS * row.width).map(() => (random.chance(0.3) ? 0 : random.next() * 4)),
    vectors: sampleVectors(definition, ROWS, random),
    weights: new Float32Array(labels).map(() => (random.chance(0.3) ? 0 : random.next() * 2)),
    targets: new Float32Array(labels).map(() => random.next() * 3),
  }
}

type Answers = Readonly<Record<string, Float32Array>>

const STEPS_BEFORE = { means: 0.02, squares: 0.003, step: 7, rate: 0.01 }

const train = async (each: Case): Promise<Answers> => {
  const { definition, parameters, rows, vectors, weights, targets } = each
  const layout = new ParameterLayout(definition)
  const session = await InferenceSession.create(onnxModel(trainingGraph(definition)))
  const { rate, epsilon } = adamScalars(STEPS_BEFORE.rate, STEPS_BEFORE.step)
  const tensor = (data: Float32Array, shape: readonly number[]): Tensor => new Tensor('float32', data, shape)
  const vector = (value: number): Tensor => tensor(new Float32Array(layout.size).fill(value), [layout.size])
  const labels = [ROWS, definition.heads.length]
  const answers = await session.run({
    [INPUT]: tensor(rows, [ROWS, definition.row.width]),
    ...(vectors && { [EMBEDDINGS_INPUT]: tensor(vectors, [ROWS, embeddingWidth(definition.embeddings!)]) }),
    [TRAINING.weights]: tensor(weights, labels),
    [TRAINING.targets]: tensor(targets, labels),
    [TRAINING.state.parameters]: tensor(layout.vectorOf(parameters), [layout.size]),
    [TRAINING.state.means]: vector(STEPS_BEFORE.means),
    [TRAINING.state.squares]: vector(STEPS_BEFORE.squares),
    ...Object.fromEntries(
      layout.measured.map(({ name, shape }) => [name, tensor(parameters.get(name)!, shape)]),
    ),
    [TRAINING.rate]: tensor(Float32Array.of(rate), []),
    [TRAINING.epsilon]: tensor(Float32Array.of(epsilon), []),
  })
  await session.release()
  return Object.fromEntries(Object.entries(answers).map(([name, { data }]) => [name, data as Float32Array]))
}

/** The losses of heads, in double precision, from the formulas. */
const lossesOf = ({ definition, parameters, rows, vectors, weights, targets }: Case): number[] => {
  const { heads, row, embeddings } = definition
  const sums = heads.map(() => 0)
  for (let index = 0; index < ROWS; index++) {
    const width = embeddings === undefined ? 0 : embeddingWidth(embeddings)
    const logits = logitsOf(
      definition,
      parameters,
      rows.subarray(index * row.width, (index + 1) * row.width),
      vectors?.subarray(index * width, (index + 1) * width),
    )
    for (const [head, { output }] of heads.entries()) {
      const logit = logits[head]!
      const weight = weights[index * heads.length + head]!
      const target = targets[index * heads.length + head]!
      sums[head]! +=
        output === 'seconds'
          ? weight * huber(logit - target)
          : weight * Math.log1p(Math.exp(logit)) - target * logit
    }
  }
  return sums
}

const huber = (residual: number): number => {
  const size = Math.abs(residual)
  return size <= HUBER_DELTA ? residual ** 2 / 2 : HUBER_DELTA * (size - HUBER_DELTA / 2)
}

/** A step that float32 parameters near 1 hold well, while it hardly reaches over more than one kink. */
const WIDTH = 2 ** -11

/** The slopes of the whole loss to the left and to the right of one element: at a kink they differ. */
const slopesOf = (each: Case, values: Float32Array, index: number): [number, number] => {
  const value = values[index]!
  const lossAt = (moved: number): { at: number; loss: number } => {
    values[index] = moved
    const at = Math.fround(moved)
    return { at, loss: lossesOf(each).reduce((sum, loss) => sum + loss, 0) }
  }
  const [below, here, above] = [value - WIDTH, value, value + WIDTH].map(lossAt)
  values[index] = value
  return [
    (here!.loss - below!.loss) / (here!.at - below!.at),
    (above!.loss - here!.loss) / (above!.at - here!.at),
  ]
}

/** Between a loss's slopes to both sides, as far as float32 goes. */
const expectSlopes = (
  each: Case,
  values: Float32Array,
  gradient: Float32Array,
  random: Random,
  name: string,
): void => {
  for (let count = 0; count < Math.min(ELEMENTS, values.length); count++) {
    const index = random.below(values.length)
    const slopes = slopesOf(each, values, index)
    const allowance = 1e-3 * (1 + Math.max(...slopes.map(Math.abs)))
    expect(gradient[index]!, `${name} ${index}`).toBeGreaterThan(Math.min(...slopes) - allowance)
    expect(gradient[index]!, `${name} ${index}`).toBeLessThan(Math.max(...slopes) + allowance)
  }
}

/** From the average of gradients, which moved by a known share of the gradient. */
const gradientOf = (answers: Answers, layout: ParameterLayout, name: string): Float32Array => {
  const { from, to } = layout.learned.find((slot) => slot.name === name)!
  return answers[TRAINING.next.means]!.subarray(from, to).map(
    (mean) => (mean - MEAN_DECAY * STEPS_BEFORE.means) / (1 - MEAN_DECAY),
  )
}

const expectGradients = (each: Case, answers: Answers, random: Random): void => {
  const layout = new ParameterLayout(each.definition)
  for (const { name } of layout.learned) {
    expectSlopes(each, each.parameters.get(name)!, gradientOf(answers, layout, name), random, name)
  }
  if (each.vectors !== undefined) {
    expectSlopes(each, each.vectors, answers[TRAINING.embeddingGradients]!, random, 'embeddings')
  }
}

describe('the training graph', () => {
  test('has the gradients that small differences show, whatever the network, weights and labels', async () => {
    for (let seed = 0; seed < NETWORKS; seed++) {
      const random = new Random(seed)
      const each = caseOf(sampleNetwork(random), random)
      expectGradients(each, await train(each), random)
    }
  })

  test('has them for the heavy ranker', async () => {
    const random = new Random(1)
    const each = caseOf(HEAVY_NETWORK, random)
    expectGradients(each, await train(each), random)
  })

  test('says what was foreseen and lost before the step', async () => {
    const random = new Random(2)
    const each = caseOf(HEAVY_NETWORK, random)
    const answers = await train(each)
    const { rows, vectors, parameters } = each
    const width = HEAVY_NETWORK.row.width
    const first = logitsOf(HEAVY_NETWORK, parameters, rows.subarray(0, width), vectors!.subarray(0, 64))
    expect(Array.from(answers[TRAINING.logits]!.subarray(0, first.length))).toEqual(
      first.map((logit) => expect.closeTo(logit, 4)),
    )
    expect(Array.from(answers[TRAINING.losses]!)).toEqual(
      lossesOf(each).map((loss) => expect.closeTo(loss, 3)),
    )
  })

  test('makes the step that Adam is said to make', async () => {
    const each = caseOf(HEAVY_NETWORK, new Random(3))
    const answers = await train(each)
    const layout = new ParameterLayout(HEAVY_NETWORK)
    const before = layout.vectorOf(each.parameters)
    const { means, squares, step, rate } = STEPS_BEFORE
    for (let index = 0; index < layout.size; index++) {
      const mean = answers[TRAINING.next.means]![index]!
      const gradient = (mean - MEAN_DECAY * means) / (1 - MEAN_DECAY)
      const square = SQUARE_DECAY * squares + (1 - SQUARE_DECAY) * gradient ** 2
      const corrected = square / (1 - SQUARE_DECAY ** step)
      const moved = (rate * (mean / (1 - MEAN_DECAY ** step))) / (Math.sqrt(corrected) + 1e-8)
      expect(answers[TRAINING.next.squares]![index]).toBeCloseTo(square, 3)
      expect(answers[TRAINING.next.parameters]![index]).toBeCloseTo(before[index]! - moved, 4)
    }
  })
})

test('a layout takes parameters apart and puts them together', () => {
  const layout = new ParameterLayout(HEAVY_NETWORK)
  const parameters = sampleParameters(HEAVY_NETWORK, new Random(1))
  const vector = layout.vectorOf(parameters)
  expect(new Set(layout.learned.map(({ from }) => from)).size).toBe(layout.learned.length)
  expect(layout.parametersOf(vector, parameters)).toEqual(parameters)
})
