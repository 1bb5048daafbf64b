import { SAMPLE_ROWS, samplePlaces } from '../../models/distillation/ranking-sample.ts'
import type { RequestId } from '../../schemas/ids.ts'
import { packFeatures } from '../../schemas/impressions/packed-features.ts'
import type { LoggedRankingSample } from '../../schemas/ranking-samples/index.ts'
import type { Candidate } from '../candidate.ts'
import { bucketOf } from '../experiments/bucket.ts'
import type { RankedFeed } from '../feed-pipeline.ts'
import { PASS_0_KEPT_MAX } from '../quotas.ts'
import type { Ranking } from '../scorers/ranking.ts'
import { EXPLORED_PLACES, exploredShare, isSampled } from './explored.ts'

/** A ranked feed, as far as it is looked at. */
export interface RankedWhole extends Pick<RankedFeed, 'query' | 'eligible' | 'survivors'> {
  readonly ranking: Pick<Ranking, 'lightRows' | 'manifests'>
}

/**
 * What the light ranker may learn of a ranking that is still held; null for a request that is not sampled, or one of
 * which a pass was dropped, or with too few candidates to tell anything.
 */
export const rankingSampleOf = (feed: RankedWhole, requestId: RequestId): LoggedRankingSample | null => {
  const { query, ranking, eligible, survivors } = feed
  const light = ranking.lightRows
  if (light === null || !isSampled(query)) return null
  const ranked = survivors
    .filter(({ heavyRank, lightRank }) => heavyRank >= 0 && lightRank >= 0)
    .sort((one, other) => one.heavyRank - other.heavyRank)
  let drawn = 0
  const chosen = samplePlaces(ranked.length, () => bucketOf(`sample ${drawn++}`, requestId))
  if (chosen === null) return null
  const rowOf = new Map(eligible.map((candidate, row) => [candidate, row]))
  const { manifests } = ranking
  return {
    requestId,
    userId: query.userId,
    at: query.asOf,
    modelVersion: manifests.heavy.version,
    lightModelVersion: manifests.light.version,
    columnsHash: manifests.light.columnsHash,
    candidates: Array.from({ length: SAMPLE_ROWS }, (_, index) => {
      const candidate = ranked[chosen.places[index]!]!
      const start = rowOf.get(candidate)! * light.width
      return {
        features: packFeatures(light.rows.slice(start, start + light.width)),
        expectedValue: candidate.expectedValue,
        share: Math.fround(chosen.shares[index]! * shareOf(candidate, eligible.length)),
      }
    }),
  }
}

const shareOf = ({ lightRank }: Candidate, candidates: number): number =>
  lightRank < PASS_0_KEPT_MAX - EXPLORED_PLACES ? 1 : exploredShare(candidates)
