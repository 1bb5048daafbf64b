import { describe, expect, test } from 'vitest'
import { DAY_MS } from '../../schemas/ids.ts'
import { Ledger } from '../../world/oracle/ledger.ts'
import { DEFAULT_VALUE_WEIGHTS } from '../../world/value-weights.ts'
import { lived } from './recorder.ts'

const { world, driver, recorder } = await lived({ users: 300 }, { days: 3 })
const limit = 20
const ledger = new Ledger(world, { weights: DEFAULT_VALUE_WEIGHTS, evaluateOneIn: 20, limit })
await driver.run(world.now + 4 * DAY_MS, ledger)
const report = ledger.report()

/** Of looks, under a chronological feed: what is reported of feeds, or near it; better rankings get more. */
const BOUNDS = {
  click: [0.04, 0.1],
  like: [0.02, 0.06],
  comment: [0.004, 0.015],
  share: [0.002, 0.01],
  save: [0.002, 0.01],
  profile_click: [0.004, 0.02],
  follow_author: [0.0005, 0.005],
  hide: [0.0003, 0.003],
  see_less: [0.0001, 0.002],
  report: [0, 0.0005],
  block_author: [0, 0.0003],
  skip: [0.4, 0.65],
} as const

describe('what comes of looking at posts', () => {
  test.each(Object.entries(BOUNDS))('%s is as frequent as in feeds', (outcome, [min, max]) => {
    expect(report.looked_at).toBeGreaterThan(30_000)
    expect(report.rates[outcome]).toBeGreaterThanOrEqual(min)
    expect(report.rates[outcome]).toBeLessThanOrEqual(max)
  })

  test('is written down as often as the report says', () => {
    const served = recorder.lines.filter(
      (line) => line.includes('"requestId"') && !line.includes('"surveys"'),
    )
    const count = (kind: string): number => served.filter((line) => line.includes(`"kind":"${kind}"`)).length
    // Reactions of the last feeds come after the end.
    expect(Math.abs(count('view') - report.looked_at)).toBeLessThan(0.01 * report.looked_at)
    expect(count('click') / count('view')).toBeCloseTo(report.click_rate, 2)
  })
})

describe('the report', () => {
  test('puts every ranking below the best, and those that know something above those that do not', () => {
    const { random, recent, popular, decayed, connected, freshet } = report.ev_share
    for (const share of [random, recent, popular, decayed, connected, freshet]) expect(share).toBeLessThan(1)
    expect(connected).toBeGreaterThan(recent!)
    expect(recent).toBeGreaterThan(random!)
    expect(decayed).toBeGreaterThan(recent!)
    expect(report.feeds_evaluated).toBe(Math.ceil(report.feeds / 20))
    expect(report.ev_share_by_day.length).toBeGreaterThanOrEqual(4)
  })

  test('counts what was shown: nothing forbidden, nothing twice', () => {
    expect(report.feeds).toBe(recorder.feeds)
    expect(report).toMatchObject({ forbidden: 0, repeated: 0 })
    expect(report.impressions).toBeGreaterThan(report.looked_at)
  })

  test('says how well the truth itself tells outcomes apart', () => {
    for (const outcome of ['click', 'like', 'skip', 'dwell_8s']) {
      expect(report.oracle_auc[outcome]).toBeGreaterThan(0.7)
      expect(report.oracle_auc[outcome]).toBeLessThan(0.95)
    }
    expect(report.oracle_auc['dwell_30s']).toBeGreaterThan(report.oracle_auc['dwell_8s']!)
  })
})

test('a ranking that serves what is forbidden is found out, and nobody sees it', async () => {
  const bad = await lived({ users: 60 }, { days: 2, ranker: (world) => [...Array(world.posts.count).keys()] })
  const books = new Ledger(bad.world, { weights: DEFAULT_VALUE_WEIGHTS, evaluateOneIn: 1, limit })
  await bad.driver.run(bad.world.now + DAY_MS / 4, books)
  expect(books.report().forbidden).toBeGreaterThan(0)
  for (const told of books.report().forbidden_posts)
    expect(told).toMatch(/^post-\d+ to \S+ as of \d+: (kept apart|not there|not for them)$/)
  expect(books.report().forbidden_posts.length).toBe(10)
  expect(books.report().repeated).toBeGreaterThan(0)
})
