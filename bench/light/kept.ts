import type { WholeRanking } from './whole-ranking.ts'

/** The heavy ranker's first so many must be among what pass 0 keeps. */
const TOP = 25

/** Of each ranking, the share of the heavy ranker's first 25 that are among the light one's first so many. */
export const keptShares = (
  rankings: readonly Pick<WholeRanking, 'values' | 'lightScores'>[],
  keptMax: number,
): number[] =>
  rankings.map(({ values, lightScores }) => {
    const kept = new Set(byScore(lightScores).slice(0, keptMax))
    const best = byScore(values).slice(0, TOP)
    return best.filter((candidate) => kept.has(candidate)).length / best.length
  })

/** Places of scores, the best first. */
export const byScore = (scores: Float32Array): number[] =>
  Array.from(scores.keys()).sort((one, other) => scores[other]! - scores[one]! || one - other)

export const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length
