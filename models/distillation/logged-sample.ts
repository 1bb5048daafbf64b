import { packedColumns, unpackInto } from '../../schemas/impressions/packed-features.ts'
import type { LoggedRankingSample } from '../../schemas/ranking-samples/index.ts'
import { LIGHT_NETWORK } from '../rankers.ts'
import { type RankingSample, SAMPLE_ROWS } from './ranking-sample.ts'

/** A sample as it was logged, ready to be learned from; null for one of other columns or of another length. */
export const readSample = ({ columnsHash, candidates }: LoggedRankingSample): RankingSample | null => {
  const { width, hash } = LIGHT_NETWORK.row
  if (columnsHash !== hash || candidates.length !== SAMPLE_ROWS) return null
  const rows = new Float32Array(SAMPLE_ROWS * width)
  for (const [row, { features }] of candidates.entries()) {
    if (packedColumns(features) !== width) return null
    unpackInto(features, rows, row * width)
  }
  return {
    rows,
    values: Float32Array.from(candidates, ({ expectedValue }) => expectedValue),
    shares: Float32Array.from(candidates, ({ share }) => share),
  }
}
