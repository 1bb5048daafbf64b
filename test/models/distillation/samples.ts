import { Random } from '../../../engine/driver/random.ts'
import { type RankingSample, SAMPLE_ROWS, SAMPLE_TOP } from '../../../models/distillation/ranking-sample.ts'
import { LIGHT_NETWORK } from '../../../models/rankers.ts'
import { millis, type RequestId, type UserId } from '../../../schemas/ids.ts'
import { packFeatures } from '../../../schemas/impressions/packed-features.ts'
import type { LoggedRankingSample } from '../../../schemas/ranking-samples/index.ts'
import { START } from '../training/sample.ts'

const { width, hash } = LIGHT_NETWORK.row
const COLUMN = LIGHT_NETWORK.row.indexOf('context.kind.link')

/** Rankings by one column alone, which the prior does not look at in this way. */
export const samples = (count: number, seed: number): RankingSample[] => {
  const random = new Random(seed)
  return Array.from({ length: count }, () => {
    const rows = Float32Array.from({ length: SAMPLE_ROWS * width }, () =>
      random.chance(0.6) ? 0 : random.next(),
    )
    for (let row = 0; row < SAMPLE_ROWS; row++) rows[row * width + COLUMN] = row < SAMPLE_TOP ? 1 : 0
    const values = Float32Array.from(
      { length: SAMPLE_ROWS },
      (_, row) => (row < SAMPLE_TOP ? 2 : 1) - row / 1_000,
    )
    return { rows, values, shares: new Float32Array(SAMPLE_ROWS).fill(1).fill(10, SAMPLE_TOP) }
  })
}

/** The same, as serving logs them. */
export const loggedSamples = (count: number, seed: number): LoggedRankingSample[] =>
  samples(count, seed).map(({ rows, values, shares }, index) => ({
    requestId: `s${seed}-${index}` as RequestId,
    userId: `u${index}` as UserId,
    at: millis(START + index),
    modelVersion: 'm1',
    lightModelVersion: 'l1',
    columnsHash: hash,
    candidates: Array.from({ length: SAMPLE_ROWS }, (_, row) => ({
      features: packFeatures(rows.slice(row * width, (row + 1) * width)),
      expectedValue: values[row]!,
      share: shares[row]!,
    })),
  }))
