import { describe, expect, test } from 'vitest'
import { Random } from '../../../engine/driver/random.ts'
import {
  inputColumns,
  type NetworkDefinition,
  withoutEmbeddings,
} from '../../../models/network/definition.ts'
import { ParameterLayout } from '../../../models/network/parameter-layout.ts'
import { priorParameters } from '../../../models/prior/prior.ts'
import { HEAVY_NETWORK, LIGHT_NETWORK } from '../../../models/rankers.ts'
import { renormalise } from '../../../models/training/renormalise.ts'
import { beginLearning, type Learned, type Rates, TrainStep } from '../../../models/training/train-step.ts'
import { logitsOf } from '../network/oracle.ts'
import { batchOf } from './sample.ts'

/** Of a network that has learned something in each of its parameters. */
const learnedOf = (definition: NetworkDefinition, seed: number): Learned => {
  const random = new Random(seed)
  const learned = beginLearning(definition, priorParameters(definition.name === 'heavy' ? 'heavy' : 'light'))
  for (let index = 0; index < learned.parameters.length; index++) {
    learned.parameters[index]! += 0.02 * (2 * random.next() - 1)
  }
  return learned
}

/** Under which no column of the rows below is cut. */
const measuredBy = (definition: NetworkDefinition, seed: number): [Float32Array, Float32Array] => {
  const random = new Random(seed)
  const columns = new Float32Array(inputColumns(definition).length)
  return [columns.map(() => random.next() / 4), columns.map(() => 0.3 + random.next() / 2)]
}

const answersOf = ({ definition, parameters, given }: Learned, row: Float32Array): number[] =>
  logitsOf(definition, new ParameterLayout(definition).parametersOf(parameters, given), row)

const HEAVY = withoutEmbeddings(HEAVY_NETWORK)
const STILL: Rates = { network: 0, embeddings: 0 }

describe('a network whose columns are normalised anew', () => {
  test.each([HEAVY, LIGHT_NETWORK])('$name answers as before', (definition) => {
    const { width } = definition.row
    const random = new Random(7)
    const rows = Array.from({ length: 20 }, () =>
      new Float32Array(width).map(() => (random.chance(0.7) ? 0 : random.next())),
    )
    const learned = learnedOf(definition, 1)
    const began = rows.map((row) => answersOf(learned, row))
    for (let seed = 2; seed < 6; seed++) {
      const [means, scales] = measuredBy(definition, seed)
      renormalise(learned, means, scales)
      expect(learned.given.get('normalise.mean')).toEqual(means)
      expect(learned.given.get('normalise.scale')).toEqual(scales)
      for (const [index, row] of rows.entries()) {
        const answers = answersOf(learned, row)
        for (const [head, answer] of answers.entries()) expect(answer).toBeCloseTo(began[index]![head]!, 3)
      }
    }
  })

  test('learns from a batch what it would have learned before', async () => {
    const moved = await Promise.all([true, false].map((isFirst) => afterOneStep(isFirst)))
    const [before, after] = moved as [Learned, Learned]
    expect(before.means.some((mean) => Math.abs(mean) > 1e-3)).toBe(true)
    for (const name of ['parameters', 'means'] as const) {
      for (const [index, value] of before[name].entries()) {
        expect(Math.abs(after[name][index]! - value)).toBeLessThan(1e-5 + 1e-3 * Math.abs(value))
      }
    }
  })
})

test('no average is without a square, or the next step along it has no bound: neither of a column that never varied', async () => {
  const learned = await afterOneStep(false)
  const { from, to } = new ParameterLayout(HEAVY).learned.find(({ name }) => name === 'linear.weights')!
  // Of the first columns nothing was ever learned.
  learned.means.fill(0, from, from + (to - from) / 4)
  learned.squares.fill(0, from, from + (to - from) / 4)
  renormalise(learned, ...measuredBy(HEAVY, 3))
  // One gradient g alone makes an average of g / 10 and a square of g² / 1,000; two may add up.
  for (const [index, mean] of learned.means.entries())
    expect(mean * mean).toBeLessThanOrEqual(20.1 * learned.squares[index]! + 1e-30)
})

/** A step that adds to Adam's averages, before or after the columns are normalised anew. */
const afterOneStep = async (isFirst: boolean): Promise<Learned> => {
  const learned = learnedOf(HEAVY, 1)
  const step = await TrainStep.create(learned, STILL)
  const move = (): void => renormalise(learned, ...measuredBy(HEAVY, 2))
  if (!isFirst) move()
  await step.run(batchOf(32, 3))
  if (isFirst) move()
  await step.dispose()
  return learned
}
