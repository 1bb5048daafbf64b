import { InferenceSession, Tensor } from 'onnxruntime-node'
import { expect, test } from 'vitest'
import { Random } from '../../../engine/driver/random.ts'
import { adamScalars } from '../../../models/autodiff/adam.ts'
import { GraphBuilder } from '../../../models/graph/builder.ts'
import { onnxModel } from '../../../models/onnx/model.ts'
import { TOWER_INPUTS } from '../../../models/retrieval/tower-inputs.ts'
import { TOWER_TRAINING, towerTrainingGraph } from '../../../models/retrieval/tower-training.ts'
import {
  priorTowers,
  SIDES,
  TOWER_ROW,
  towerGraph,
  TOWERS_SIZE,
  towerVector,
} from '../../../models/retrieval/towers.ts'
import { ITEM_DIMENSIONS } from '../../../models/retrieval/vector-index.ts'

const ROWS = 5
const random = new Random(3)
const uniform = (length: number, bound = 1): Float32Array =>
  Float32Array.from({ length }, () => (2 * random.next() - 1) * bound)
const tensor = (values: Float32Array, shape: readonly number[]): Tensor =>
  new Tensor('float32', values, shape)

/** The prior, moved a little everywhere: its zeros would hide faults. */
const moved = (): Float32Array => {
  const noise = uniform(TOWERS_SIZE, 0.1)
  return priorTowers().map((value, index) => value + noise[index]!)
}

test('before anything is learned a taste meets a content as it is, and a shared language adds to it', () => {
  const towers = priorTowers()
  const vectorFor = (side: (typeof SIDES)[number], row: Float32Array): Float32Array => {
    const vector = new Float32Array(ITEM_DIMENSIONS)
    towerVector(towers, side, row, vector)
    return vector
  }
  const product = (one: Float32Array, other: Float32Array): number =>
    one.reduce((sum, value, index) => sum + value * other[index]!, 0)
  const taste = new Float32Array(TOWER_INPUTS)
  taste.set(uniform(ITEM_DIMENSIONS, 0.2))
  expect(product(vectorFor('viewer', taste), vectorFor('item', taste))).toBeCloseTo(1)
  const other = new Float32Array(TOWER_INPUTS)
  other.set(uniform(ITEM_DIMENSIONS, 0.2))
  const without = product(vectorFor('viewer', taste), vectorFor('item', other))
  taste[ITEM_DIMENSIONS] = 1
  other[ITEM_DIMENSIONS] = 1
  expect(product(vectorFor('viewer', taste), vectorFor('item', other))).toBeGreaterThan(without)
})

test.each(SIDES)('the loops compute what the graph of the %s tower does', async (side) => {
  const graph = new GraphBuilder('tower')
  const inputs = graph.input('inputs', TOWER_ROW)
  const answer = towerGraph(graph, graph.input('parameters', [TOWERS_SIZE]), side, inputs)
  const session = await InferenceSession.create(onnxModel(graph.build([graph.named(answer, 'vectors')])))
  const [parameters, rows] = [moved(), uniform(ROWS * TOWER_INPUTS)]
  const { vectors } = await session.run({
    inputs: tensor(rows, [ROWS, TOWER_INPUTS]),
    parameters: tensor(parameters, [TOWERS_SIZE]),
  })
  const all = vectors!.data as Float32Array
  for (let row = 0; row < ROWS; row++) {
    const vector = new Float32Array(ITEM_DIMENSIONS)
    towerVector(parameters, side, rows.subarray(row * TOWER_INPUTS, (row + 1) * TOWER_INPUTS), vector)
    for (const [index, value] of vector.entries())
      expect(value).toBeCloseTo(all[row * ITEM_DIMENSIONS + index]!, 4)
  }
  await session.release()
})

test("the training graph's gradient is the slope that small differences show", async () => {
  const session = await InferenceSession.create(onnxModel(towerTrainingGraph()))
  const { rate, epsilon } = adamScalars(1e-3, 1)
  const names = TOWER_TRAINING
  const frequencies = uniform(ROWS)
  const hidden = new Float32Array(ROWS * ROWS)
  hidden[1] = -50
  const zeros = (): Tensor => tensor(new Float32Array(TOWERS_SIZE), [TOWERS_SIZE])
  const given = {
    [names.viewers]: tensor(uniform(ROWS * TOWER_INPUTS), [ROWS, TOWER_INPUTS]),
    [names.items]: tensor(uniform(ROWS * TOWER_INPUTS), [ROWS, TOWER_INPUTS]),
    [names.weights]: tensor(Float32Array.of(0.1, 0.3, 0.2, 0.2, 0.2), [ROWS, 1]),
    [names.frequencies]: tensor(frequencies, [1, ROWS]),
    [names.ownFrequencies]: tensor(frequencies, [ROWS, 1]),
    [names.hidden]: tensor(hidden, [ROWS, ROWS]),
    [names.means]: zeros(),
    [names.squares]: zeros(),
    [names.rate]: tensor(Float32Array.of(rate), []),
    [names.epsilon]: tensor(Float32Array.of(epsilon), []),
  }
  const run = async (parameters: Float32Array): Promise<{ loss: number; gradient: Float32Array }> => {
    const answer = await session.run({ ...given, [names.parameters]: tensor(parameters, [TOWERS_SIZE]) })
    return {
      loss: (answer[names.loss]!.data as Float32Array)[0]!,
      gradient: answer[names.gradient]!.data as Float32Array,
    }
  }
  const parameters = moved()
  const { gradient } = await run(parameters)
  // Along whole directions, for the loss is a float32: one parameter alone hardly moves it.
  for (let trial = 0; trial < 8; trial++) {
    const direction = uniform(TOWERS_SIZE)
    const at = async (step: number): Promise<number> =>
      (await run(parameters.map((value, index) => value + step * direction[index]!))).loss
    const slope = ((await at(1e-3)) - (await at(-1e-3))) / 2e-3
    const expected = gradient.reduce((sum, value, index) => sum + value * direction[index]!, 0)
    expect(Math.abs(slope - expected)).toBeLessThan(0.02 * Math.max(1, Math.abs(expected)))
  }
  await session.release()
})
