import { InferenceSession, Tensor } from 'onnxruntime-node'
import type { Random } from '../../../engine/driver/random.ts'
import { adamScalars, MEAN_DECAY } from '../../../models/autodiff/adam.ts'
import { embeddingWidth, type NetworkDefinition } from '../../../models/network/definition.ts'
import { EMBEDDINGS_INPUT, INPUT } from '../../../models/network/forward.ts'
import { ParameterLayout } from '../../../models/network/parameter-layout.ts'
import { TRAINING, trainingGraph } from '../../../models/network/training-graph.ts'
import { onnxModel } from '../../../models/onnx/model.ts'
import { sampleParameters, sampleVectors } from './sample.ts'

export const ROWS = 4

/** A network with a batch to learn. */
export interface Case {
  readonly definition: NetworkDefinition
  readonly parameters: Map<string, Float32Array>
  readonly rows: Float32Array
  readonly vectors: Float32Array | undefined
  readonly weights: Float32Array
  readonly targets: Float32Array
}

export const caseOf = (definition: NetworkDefinition, random: Random): Case => {
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

export type Answers = Readonly<Record<string, Float32Array>>

/** Adam's averages before the step, the step's number and its rate. */
export const STEPS_BEFORE = { means: 0.02, squares: 0.003, step: 7, rate: 0.01 }

/** One run of the training graph. */
export const train = async (each: Case, means: number = STEPS_BEFORE.means): Promise<Answers> => {
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
    [TRAINING.state.means]: vector(means),
    [TRAINING.state.squares]: vector(STEPS_BEFORE.squares),
    ...Object.fromEntries(
      layout.given.map(({ name, shape }) => [name, tensor(parameters.get(name)!, shape)]),
    ),
    [TRAINING.rate]: tensor(Float32Array.of(rate), []),
    [TRAINING.epsilon]: tensor(Float32Array.of(epsilon), []),
  })
  await session.release()
  return Object.fromEntries(Object.entries(answers).map(([name, { data }]) => [name, data as Float32Array]))
}

/** From the average of gradients, which moved by a known share of the gradient. */
export const gradientOf = (
  answers: Answers,
  layout: ParameterLayout,
  name: string,
  means: number = STEPS_BEFORE.means,
): Float32Array => {
  const { from, to } = layout.learned.find((slot) => slot.name === name)!
  return answers[TRAINING.next.means]!.subarray(from, to).map(
    (mean) => (mean - MEAN_DECAY * means) / (1 - MEAN_DECAY),
  )
}
