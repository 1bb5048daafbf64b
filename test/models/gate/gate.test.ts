import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Comparison, usualAucOf } from '../../../models/gate/evidence.ts'
import { sayFinding } from '../../../models/gate/finding.ts'
import { judge } from '../../../models/gate/gate.ts'
import { checkedLimits, GATE_BOUNDS, GATE_LIMITS } from '../../../models/gate/limits.ts'
import type { Chance, Covariances } from '../../../models/metrics/chance.ts'
import type { HeadReport, HeadReports } from '../../../models/metrics/progressive.ts'

type Probability = Extract<HeadReport, { kind: 'probability' }>

const head = (changes: Partial<Probability> = {}): Probability => ({
  kind: 'probability',
  count: 10_000,
  positives: 400,
  auc: 0.75,
  logLoss: 0.15,
  normalisedEntropy: 0.9,
  calibration: 1,
  ...changes,
})

const dwell = (meanAbsoluteError: number): HeadReport => ({
  kind: 'time',
  count: 5_000,
  meanAbsoluteError,
  bias: 0,
  explained: 0.3,
})

const compared = (candidate: HeadReports, live: HeadReports, examples = 10_000): Comparison => ({
  examples,
  candidate,
  live,
})

const NOTHING_USUAL = new Map<string, number>()
const verdict = (candidate: Partial<Probability>, live: Partial<Probability> = {}) =>
  judge(compared({ like: head(candidate) }, { like: head(live) }), NOTHING_USUAL, GATE_LIMITS)

describe('a candidate', () => {
  test('that is what is live passes, and the verdict names the heads that say so', () => {
    expect(verdict({})).toEqual({ outcome: 'passed', heads: ['like'] })
  })

  test.each([
    ['auc', { auc: 0.7299 }, 0.73],
    ['normalised_entropy', { normalisedEntropy: 0.931 }, 0.93],
    ['calibration', { calibration: 1.39 }, 1.25 * Math.exp(0.1)],
    ['calibration', { calibration: 1 / 1.39 }, 1 / (1.25 * Math.exp(0.1))],
  ] as const)('is refused for its %s beyond the limit, and the finding names it', (figure, change, limit) => {
    const refused = verdict(change)
    if (refused.outcome !== 'refused') throw new Error(refused.outcome)
    expect(refused.findings).toHaveLength(1)
    expect(refused.findings[0]).toMatchObject({ against: 'candidate', head: 'like', figure })
    expect(refused.findings[0]!.limit).toBeCloseTo(limit, 10)
    expect(sayFinding(refused.findings[0]!)).toContain(`like: ${figure} is`)
  })

  test('passes at the limits themselves', () => {
    expect(verdict({ auc: 0.75 - 0.02, normalisedEntropy: 0.9 + 0.03, calibration: 1.25 }).outcome).toBe(
      'passed',
    )
  })

  test('may be as far from calibrated as the live one is, and no farther', () => {
    expect(verdict({ calibration: 2 }, { calibration: 2 }).outcome).toBe('passed')
    expect(verdict({ calibration: 0.5 }, { calibration: 2 }).outcome).toBe('passed')
    expect(verdict({ calibration: 2.01 }, { calibration: 2 }).outcome).toBe('refused')
  })

  test('is refused for times that it foresees worse', () => {
    const judged = (error: number) =>
      judge(compared({ dwell: dwell(error) }, { dwell: dwell(1) }), NOTHING_USUAL, GATE_LIMITS)
    expect(judged(1.09).outcome).toBe('passed')
    expect(judged(1.11)).toMatchObject({
      outcome: 'refused',
      findings: [{ head: 'dwell', figure: 'time_error', value: 1.11, beside: 1 }],
    })
  })

  test('is not judged by heads that are too rare, and by nothing where all are', () => {
    const bad = { auc: 0.1, positives: GATE_LIMITS.positivesMin - 1 }
    expect(verdict(bad, { positives: GATE_LIMITS.positivesMin - 1 }).outcome).toBe('unsure')
    const both = compared({ like: head(), report: head(bad) }, { like: head(), report: head(bad) })
    expect(judge(both, NOTHING_USUAL, GATE_LIMITS)).toEqual({ outcome: 'passed', heads: ['like'] })
  })

  const NONE = { auc: null, normalisedEntropy: null, calibration: null }

  test.each([
    ['of neither', NONE, NONE],
    ['of the candidate', NONE, {}],
    ['of the live one', {}, NONE],
    [
      'of both of the same',
      { normalisedEntropy: null, calibration: null },
      { ...NONE, calibration: 1, normalisedEntropy: 1 },
    ],
  ] as const)('is not judged by a head of which there are no figures: %s', (_, candidate, live) => {
    expect(verdict(candidate, live)).toMatchObject({ outcome: 'unsure' })
    const both = compared({ like: head(), save: head(candidate) }, { like: head(), save: head(live) })
    expect(judge(both, NOTHING_USUAL, GATE_LIMITS)).toEqual({ outcome: 'passed', heads: ['like'] })
  })

  test('is judged by a head of which any figure is known of both', () => {
    const known = { ...NONE, auc: 0.75 }
    expect(verdict(known, known)).toEqual({ outcome: 'passed', heads: ['like'] })
    expect(verdict({ ...NONE, auc: 0.6 }, known).outcome).toBe('refused')
  })

  test('is not judged by few examples', () => {
    const few = compared({ like: head({ auc: 0 }) }, { like: head() }, GATE_LIMITS.examplesMin - 1)
    expect(judge(few, NOTHING_USUAL, GATE_LIMITS).outcome).toBe('unsure')
  })

  test('that follows a stream which turned bad is refused, though it does better on it than the live one', () => {
    const flipped = compared({ like: head({ auc: 0.7 }) }, { like: head({ auc: 0.25 }) })
    expect(judge(flipped, NOTHING_USUAL, GATE_LIMITS).outcome).toBe('passed')
    expect(judge(flipped, new Map([['like', 0.75]]), GATE_LIMITS)).toMatchObject({
      outcome: 'refused',
      findings: [{ against: 'examples', head: 'like', figure: 'auc', value: 0.25, beside: 0.75, limit: 0.6 }],
    })
  })
})

/** Heads whose figures move by chance by as much, each on its own or, by `together`, all alike. */
const chanceOf = (heads: readonly string[], standardError: number, together = 0): Chance => {
  const values = Float64Array.from(
    { length: heads.length ** 2 },
    (_, at) => standardError ** 2 * (at % (heads.length + 1) === 0 ? 1 : together),
  )
  const covariances: Covariances = { heads, values }
  return { auc: covariances, normalised_entropy: covariances, time_error: covariances }
}

describe('where it is known how far chance moves a head', () => {
  const judged = (change: Partial<Probability>, standardError: number) =>
    judge(
      { ...compared({ like: head(change) }, { like: head() }), chance: chanceOf(['like'], standardError) },
      NOTHING_USUAL,
      GATE_LIMITS,
    )

  test('it excuses what is worse by more than the limit, and says by how many standard errors what it does not', () => {
    expect(judged({ auc: 0.75 - 0.04 }, 0.02).outcome).toBe('passed')
    expect(judged({ normalisedEntropy: 0.9 + 0.04 }, 0.02).outcome).toBe('passed')
    const refused = judged({ auc: 0.75 - 0.06 }, 0.02)
    if (refused.outcome !== 'refused') throw new Error(refused.outcome)
    // One head has two figures: each may be refused by chance once in a hundred.
    expect(sayFinding(refused.findings[0]!)).toBe(
      'like: auc is 0.6900 (live 0.7500, limit 0.7035), 3.0 standard errors worse',
    )
  })

  test('it makes no limit narrower', () => {
    expect(judged({ auc: 0.75 - 0.02, normalisedEntropy: 0.9 + 0.03 }, 0.000_1).outcome).toBe('passed')
  })

  test('it excuses nothing that is much worse', () => {
    const { aucFallStop, entropyRiseStop } = GATE_LIMITS
    expect(judged({ auc: 0.75 - aucFallStop }, 1).outcome).toBe('passed')
    expect(judged({ auc: 0.75 - aucFallStop - 0.001 }, 1).outcome).toBe('refused')
    expect(judged({ normalisedEntropy: 0.9 + entropyRiseStop + 0.001 }, 1).outcome).toBe('refused')
    expect(judged({ calibration: 1.39 }, 1).outcome).toBe('refused')
  })

  test('times are excused as well, as shares of what they are', () => {
    const judgedTimes = (error: number, standardError: number) =>
      judge(
        {
          ...compared({ dwell: dwell(error) }, { dwell: dwell(1) }),
          chance: chanceOf(['dwell'], standardError),
        },
        NOTHING_USUAL,
        GATE_LIMITS,
      ).outcome
    expect([judgedTimes(1.11, 0.1), judgedTimes(1.11, 0.01)]).toEqual(['passed', 'refused'])
    expect([judgedTimes(1.2, 1), judgedTimes(1.21, 1)]).toEqual(['passed', 'refused'])
  })

  test('the more heads are looked at, the farther one may be off', () => {
    const names = Array.from({ length: 17 }, (_, at) => `head${at}`)
    const reportsOf = (auc: number): HeadReports =>
      Object.fromEntries(names.map((name, at) => [name, head(at === 0 ? { auc } : {})]))
    const chance = chanceOf(names, 0.02)
    const judgedAt = (auc: number) =>
      judge({ ...compared(reportsOf(auc), reportsOf(0.75)), chance }, NOTHING_USUAL, GATE_LIMITS).outcome
    expect([judgedAt(0.75 - 0.06), judgedAt(0.75 - 0.07)]).toEqual(['passed', 'refused'])
  })
})

describe('a candidate that is a little worse at all heads, and at none by much', () => {
  const names = Array.from({ length: 10 }, (_, at) => `head${at}`)
  const reportsOf = (auc: number): HeadReports =>
    Object.fromEntries(names.map((name) => [name, head({ auc })]))
  const judged = (fall: number, chance?: Chance) =>
    judge(
      { ...compared(reportsOf(0.75 - fall), reportsOf(0.75)), ...(chance && { chance }) },
      NOTHING_USUAL,
      GATE_LIMITS,
    )

  test('is refused by their mean', () => {
    const refused = judged(0.015, chanceOf(names, 0.02))
    expect(refused).toMatchObject({
      outcome: 'refused',
      findings: [{ figure: 'auc', deviations: expect.closeTo(2.37, 2) as number }],
    })
    if (refused.outcome !== 'refused') throw new Error(refused.outcome)
    expect(refused.findings.map(sayFinding)).toEqual([
      'mean of 10 heads: auc is 0.7350 (live 0.7500, limit 0.7353), 2.4 standard errors worse',
    ])
  })

  test('passes where heads go together, so that chance may do as much to all of them', () => {
    expect(judged(0.015, chanceOf(names, 0.02, 0.5)).outcome).toBe('passed')
  })

  test('passes where it is worse by next to nothing, however surely', () => {
    expect(judged(0.009, chanceOf(names, 0.000_1)).outcome).toBe('passed')
    expect(judged(0.011, chanceOf(names, 0.000_1)).outcome).toBe('refused')
  })

  test('passes where nobody knows what chance does: heads alone are judged then', () => {
    expect(judged(0.015).outcome).toBe('passed')
  })

  test('is judged by a mean in which rare heads do not drown the others', () => {
    const reports = (fall: number): HeadReports => ({
      often: head({ auc: 0.75 - fall, positives: 1_600 }),
      rarely: head({ positives: 100 }),
    })
    const refused = judge(
      { ...compared(reports(0.019), reports(0)), chance: chanceOf(['often', 'rarely'], 0.001) },
      NOTHING_USUAL,
      GATE_LIMITS,
    )
    // Four fifths of the one, a fifth of the other.
    expect(refused).toMatchObject({
      outcome: 'refused',
      findings: [{ head: 'mean of 2 heads', value: expect.closeTo(0.75 - 0.8 * 0.019, 10) as number }],
    })
  })
})

test('what passes goes on passing when any figure gets better', () => {
  const figures = fc.record({
    auc: fc.double({ min: 0.5, max: 1, noNaN: true }),
    normalisedEntropy: fc.double({ min: 0.3, max: 1.2, noNaN: true }),
    calibration: fc.double({ min: 0.5, max: 2, noNaN: true }),
  })
  fc.assert(
    fc.property(figures, figures, fc.double({ min: 0, max: 1, noNaN: true }), (candidate, live, share) => {
      const before = verdict(candidate, live)
      const better = verdict(
        {
          auc: candidate.auc + (1 - candidate.auc) * share,
          normalisedEntropy: candidate.normalisedEntropy * (1 - share),
          calibration: candidate.calibration ** (1 - share),
        },
        live,
      )
      expect(before.outcome === 'passed' && better.outcome !== 'passed').toBe(false)
    }),
  )
})

test('the usual AUC is a median: a few odd reports do not move it', () => {
  const reports = [0.7, 0.72, 0.1, 0.74, 0.2].map((auc) => ({ like: head({ auc }) }))
  expect(usualAucOf(reports).get('like')).toBe(0.7)
  expect(usualAucOf([]).size).toBe(0)
  expect(usualAucOf([{ dwell: dwell(1) }, { like: head({ auc: null }) }]).size).toBe(0)
})

test.each(Object.entries(GATE_BOUNDS))(
  'the limit %s is refused out of its bounds, by its name',
  (field, { min, max }) => {
    for (const value of [min - 1, max + 1, Number.NaN])
      expect(() => checkedLimits({ ...GATE_LIMITS, [field]: value })).toThrow(`GATE_INVALID: ${field} is`)
    for (const value of [min, max])
      expect(checkedLimits({ ...GATE_LIMITS, [field]: value })).toHaveProperty(field, value)
  },
)

describe('the light ranker and the towers', () => {
  const ranking = (loss: number, count = 100): HeadReports => ({
    keep: { kind: 'ranking', count, loss, kept: 0.9 },
  })
  const match = (loss: number, auc = 0.8): HeadReports => ({
    match: { kind: 'match', count: 2_048, loss, auc },
  })

  test('are not judged by a loss that one of them does not have', () => {
    const nothing: HeadReports = { keep: { kind: 'ranking', count: 100, loss: null, kept: null } }
    for (const [candidate, live] of [
      [nothing, ranking(4)],
      [ranking(4), nothing],
    ] as const)
      expect(judge(compared(candidate, live), NOTHING_USUAL, GATE_LIMITS).outcome).toBe('unsure')
  })

  test('are held by their loss', () => {
    const judged = (candidate: HeadReports, live: HeadReports) =>
      judge(compared(candidate, live), NOTHING_USUAL, GATE_LIMITS)
    expect(judged(ranking(4.02), ranking(4)).outcome).toBe('passed')
    const refused = judged(ranking(4.03), ranking(4))
    if (refused.outcome !== 'refused') throw new Error(refused.outcome)
    expect(sayFinding(refused.findings[0]!)).toBe('keep: loss is 4.0300 (live 4.0000, limit 4.0200)')
    expect(judged(match(5.03), match(5)).outcome).toBe('refused')
    expect(judged(match(4.9), match(5))).toEqual({ outcome: 'passed', heads: ['match'] })
    expect(judged(ranking(3, 49), ranking(4, 49)).outcome).toBe('unsure')
  })

  test('towers are promoted by no pairs on which the live ones fail, as they usually do not', () => {
    const usual = usualAucOf([match(5, 0.8), match(5, 0.81)])
    expect(usual.get('match')).toBe(0.81)
    const verdictOn = (auc: number) =>
      judge(compared(match(4, 0.9), match(5, auc)), usual, GATE_LIMITS).outcome
    expect([verdictOn(0.7), verdictOn(0.6)]).toEqual(['passed', 'refused'])
    expect(usualAucOf([ranking(4)]).size).toBe(0)
  })
})
