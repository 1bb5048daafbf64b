import { packedColumns, unpackInto } from '../../schemas/impressions/packed-features.ts'
import type { LoggedRankingSample } from '../../schemas/ranking-samples/index.ts'
import { LIGHT_NETWORK } from '../rankers.ts'
import { type RankingSample, SAMPLE_ROWS } from './ranking-sample.ts'

/**
 * A sample as it was logged, ready to be learned from; null for one of other columns or of another length, and for one
 * that would spoil every weight: features that are no row, or numbers that are not finite.
 */
export const readSample = ({ columnsHash, candidates }: LoggedRankingSample): RankingSample | null => {
  const { width, hash } = LIGHT_NETWORK.row
  if (columnsHash !== hash || candidates.length !== SAMPLE_ROWS) return null
  const sample: RankingSample = {
    rows: new Float32Array(SAMPLE_ROWS * width),
    values: Float32Array.from(candidates, ({ expectedValue }) => expectedValue),
    shares: Float32Array.from(candidates, ({ share }) => share),
  }
  for (const [row, { features }] of candidates.entries()) {
    if (!isUnpacked(features, sample.rows, row * width)) return null
  }
  return isSound(sample) ? sample : null
}

/** False where the bytes are no row. */
const isUnpacked = (features: Buffer, rows: Float32Array, offset: number): boolean => {
  try {
    if (packedColumns(features) !== LIGHT_NETWORK.row.width) return false
    unpackInto(features, rows, offset)
    return true
  } catch (error) {
    if (error instanceof RangeError) return false
    throw error
  }
}

/** What stands for none has no logarithm. */
const isSound = ({ rows, values, shares }: RankingSample): boolean =>
  [rows, values, shares].every((numbers) => numbers.every(Number.isFinite)) &&
  shares.every((share) => share > 0)
