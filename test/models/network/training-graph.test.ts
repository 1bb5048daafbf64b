import { describe, expect, test } from 'vitest'
import { Random } from '../../../engine/driver/random.ts'
import { MEAN_DECAY, SQUARE_DECAY } from '../../../models/autodiff/adam.ts'
import { embeddingWidth } from '../../../models/network/definition.ts'
import { HUBER_DELTA } from '../../../models/network/losses.ts'
import { ParameterLayout } from '../../../models/network/parameter-layout.ts'
import { TRAINING } from '../../../models/network/training-graph.ts'
import { HEAVY_NETWORK } from '../../../models/rankers.ts'
import { logitsOf } from './oracle.ts'
import { sampleNetwork, sampleParameters } from './sample.ts'
import { type Answers, type Case, caseOf, gradientOf, ROWS, STEPS_BEFORE, train } from './training-case.ts'

const NETWORKS = 30
/** Slopes are measured on about this many elements of each tensor. */
const ELEMENTS = 4

/** The losses of heads, in double precision, from the formulas. */
const lossesOf = ({ definition, parameters, rows, vectors, contents, weights, targets }: Case): number[] => {
  const { heads, row, embeddings } = definition
  const sums = heads.map(() => 0)
  for (let index = 0; index < ROWS; index++) {
    const width = embeddings === undefined ? 0 : embeddingWidth(embeddings)
    const contentsOf = (contents?.length ?? 0) / ROWS
    const logits = logitsOf(
      definition,
      parameters,
      rows.subarray(index * row.width, (index + 1) * row.width),
      vectors?.subarray(index * width, (index + 1) * width),
      contents?.subarray(index * contentsOf, (index + 1) * contentsOf),
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
    const { rows, vectors, contents, parameters } = each
    const width = HEAVY_NETWORK.row.width
    const first = logitsOf(
      HEAVY_NETWORK,
      parameters,
      rows.subarray(0, width),
      vectors!.subarray(0, 64),
      contents!.subarray(0, 128),
    )
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
    const off = { squares: 0, parameters: 0 }
    for (let index = 0; index < layout.size; index++) {
      const mean = answers[TRAINING.next.means]![index]!
      const gradient = (mean - MEAN_DECAY * means) / (1 - MEAN_DECAY)
      const square = SQUARE_DECAY * squares + (1 - SQUARE_DECAY) * gradient ** 2
      const corrected = square / (1 - SQUARE_DECAY ** step)
      const moved = (rate * (mean / (1 - MEAN_DECAY ** step))) / (Math.sqrt(corrected) + 1e-8)
      const own = answers[TRAINING.next.parameters]![index]!
      off.squares = Math.max(off.squares, Math.abs(answers[TRAINING.next.squares]![index]! / square - 1))
      off.parameters = Math.max(off.parameters, Math.abs(own - (before[index]! - moved)))
    }
    expect(off.squares).toBeLessThan(1e-3)
    expect(off.parameters).toBeLessThan(1e-6)
  })
})

test('a layout takes parameters apart and puts them together', () => {
  const layout = new ParameterLayout(HEAVY_NETWORK)
  const parameters = sampleParameters(HEAVY_NETWORK, new Random(1))
  const vector = layout.vectorOf(parameters)
  expect(new Set(layout.learned.map(({ from }) => from)).size).toBe(layout.learned.length)
  expect(layout.parametersOf(vector, parameters)).toEqual(parameters)
})
