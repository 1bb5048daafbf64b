import { describe, expect, test } from 'vitest'
import { priorParameters } from '../../../models/prior/prior.ts'
import { HEAVY_NETWORK } from '../../../models/rankers.ts'
import {
  CARRIED_ROWS_MIN,
  ColumnMoments,
  MEASURED_ROWS_MAX,
  noMoments,
} from '../../../models/training/column-moments.ts'
import { beginLearning } from '../../../models/training/train-step.ts'
import { withoutEmbeddings } from '../../../models/network/definition.ts'
import { transformedOf } from '../network/oracle.ts'
import { batchOf } from './sample.ts'

describe('means and deviations of columns', () => {
  test('are those of all rows so far, whenever these have doubled, until enough were seen', async () => {
    const totals = noMoments(HEAVY_NETWORK)
    const moments = await ColumnMoments.create(HEAVY_NETWORK, totals)
    const learned = beginLearning(withoutEmbeddings(HEAVY_NETWORK), priorParameters('heavy'))
    const { given } = learned
    const seen: number[][] = []
    for (const [index, rows] of [10, 20, 5, 40].entries()) {
      const before = given.get('normalise.mean')
      const batch = batchOf(rows, index)
      await moments.measure(batch, learned)
      for (let row = 0; row < rows; row++) {
        const { width } = HEAVY_NETWORK.row
        seen.push(transformedOf(HEAVY_NETWORK, batch.rows.subarray(row * width, (row + 1) * width)))
      }
      // 10 rows, then 30, then 35, which is not twice 30, then 75.
      if (rows === 5) {
        expect(given.get('normalise.mean')).toBe(before)
        continue
      }
      for (let column = 0; column < seen[0]!.length; column++) {
        const mean = seen.reduce((sum, each) => sum + each[column]!, 0) / seen.length
        const variance = seen.reduce((sum, each) => sum + (each[column]! - mean) ** 2, 0) / seen.length
        expect(given.get('normalise.mean')![column]).toBeCloseTo(mean, 4)
        expect(given.get('normalise.scale')![column]).toBeCloseTo(1 / Math.sqrt(variance + 0.01), 3)
      }
    }
    totals.rows = MEASURED_ROWS_MAX
    const frozen = given.get('normalise.mean')
    await moments.measure(batchOf(10, 9), learned)
    expect(given.get('normalise.mean')).toBe(frozen)
    await moments.dispose()
  })

  test('carry weights over once they rest on enough rows, and leave them before', async () => {
    const totals = noMoments(HEAVY_NETWORK)
    const moments = await ColumnMoments.create(HEAVY_NETWORK, totals)
    const learned = beginLearning(withoutEmbeddings(HEAVY_NETWORK), priorParameters('heavy'))
    const began = learned.parameters.slice()
    await moments.measure(batchOf(5, 1), learned)
    await moments.measure(batchOf(CARRIED_ROWS_MIN - 5, 2), learned)
    expect(learned.parameters).toEqual(began)
    await moments.measure(batchOf(CARRIED_ROWS_MIN, 3), learned)
    expect(learned.parameters).not.toEqual(began)
    await moments.dispose()
  })
})
