import { describe, expect, test } from 'vitest'
import type { Comparison } from '../../../models/gate/evidence.ts'
import { judge, type Verdict } from '../../../models/gate/gate.ts'
import { GATE_LIMITS } from '../../../models/gate/limits.ts'
import { type HeadName, HEAD_NAMES } from '../../../models/heads.ts'
import { standardErrorOf } from '../../../models/metrics/chance.ts'
import { offerOf, type OfferOptions, seeing, type Sees } from './offers.ts'

const EXAMPLES = GATE_LIMITS.examplesMin
const SEEDS = 150

/** All 18 heads are judged: from three to nine positives of twenty. */
const EVEN = HEAD_NAMES.map((_, head) => 0.15 + (0.3 * ((head * 7) % HEAD_NAMES.length)) / HEAD_NAMES.length)

const COMMON_DEEDS: Readonly<Partial<Record<HeadName, number>>> = {
  click: 0.15,
  dwell: 0.65,
  like: 0.1,
  skip: 0.35,
  dwell_8s: 0.3,
  dwell_15s: 0.2,
  dwell_25s: 0.1,
  dwell_30s: 0.08,
}
/** As in a feed: most heads are too rare to be judged by so few. */
const AS_IN_FEEDS = HEAD_NAMES.map((head) => COMMON_DEEDS[head] ?? 0.01)

const verdictOn = (comparison: Comparison): Verdict => judge(comparison, new Map(), GATE_LIMITS)

/** As before standard errors were known: limits alone. */
const byLimitsAlone = ({ examples, candidate, live }: Comparison): Verdict =>
  verdictOn({ examples, candidate, live })

const offersOf = (options: OfferOptions, seeds = SEEDS): Comparison[] =>
  Array.from({ length: seeds }, (_, seed) => offerOf(seed, options))

const shareRefused = (offers: readonly Comparison[], by = verdictOn): number =>
  offers.filter((each) => by(each).outcome === 'refused').length / offers.length

describe('of offers that are as good as what is live, judged by 512 examples', () => {
  const evenOffers = offersOf({ examples: EXAMPLES, rates: EVEN })

  test.each([
    ['where all heads are judged', evenOffers],
    ['as in a feed', offersOf({ examples: EXAMPLES, rates: AS_IN_FEEDS })],
  ])('chance has fewer than one in twenty refused, %s, and most by limits alone', (_, offers) => {
    expect(shareRefused(offers)).toBeLessThan(0.05)
    expect(shareRefused(offers, byLimitsAlone)).toBeGreaterThan(0.5)
  })

  test('standard errors are how far falls of AUC scatter', () => {
    const falls = evenOffers.map(({ candidate, live }) => aucOf(live, 'like') - aucOf(candidate, 'like'))
    const spread = Math.sqrt(mean(falls.map((fall) => (fall - mean(falls)) ** 2)))
    const said = mean(evenOffers.map(({ chance }) => standardErrorOf(chance!.auc, 'like')))
    // Of 150, to two standard errors of a spread.
    expect(Math.abs(said / spread - 1)).toBeLessThan(0.12)
  })
})

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length

const aucOf = (reports: Comparison['live'], head: HeadName): number => {
  const report = reports[head]
  if (report?.kind !== 'probability' || report.auc === null) throw new Error(`no AUC of ${head}`)
  return report.auc
}

const FEW_SEEDS = 25
const best = seeing()

/** One head goes by its own rules, the others are as they were. */
const butAt =
  (head: HeadName, sees: Sees): Sees =>
  (at, truth, error) =>
    (HEAD_NAMES[at] === head ? sees : best)(at, truth, error)

/** What was learned from flipped labels. */
const inverted: Sees = (head, truth, error) => {
  const seen = best(head, truth, error)
  return { ...seen, mean: -seen.mean }
}

/** Foresees by its own noise. */
const blind: Sees = (head, _, error) => best(head, error, error)

describe('a candidate is refused by 512 examples', () => {
  test.each([
    ['that learned one head from flipped labels', butAt('click', inverted), AS_IN_FEEDS],
    ['that learned one of 18 heads from flipped labels', butAt('like', inverted), EVEN],
    ['that learned everything from flipped labels', inverted, AS_IN_FEEDS],
    ['that knows nothing of one head', butAt('click', blind), AS_IN_FEEDS],
    ['that sees half as well at all heads', seeing(2), AS_IN_FEEDS],
  ])('%s, always', (_, candidate, rates) => {
    expect(shareRefused(offersOf({ examples: EXAMPLES, rates, candidate }, FEW_SEEDS))).toBe(1)
  })

  test('that is a little worse at all heads, mostly, though at no head alone', () => {
    const offers = offersOf({ examples: EXAMPLES, rates: EVEN, candidate: seeing(1.25) }, 2 * FEW_SEEDS)
    expect(shareRefused(offers)).toBeGreaterThan(0.9)
    const byMeansAlone = offers.filter((each) => {
      const verdict = verdictOn(each)
      return verdict.outcome === 'refused' && verdict.findings.every(({ head }) => head.startsWith('mean of'))
    })
    expect(byMeansAlone.length).toBeGreaterThan(offers.length / 4)
  })
})
