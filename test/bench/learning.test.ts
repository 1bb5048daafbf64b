import { expect, test } from 'vitest'
import { run } from '../../bench/learning.ts'
import type { Example } from '../../schemas/examples/index.ts'
import { PASS_0_KEPT_MAX } from '../../serving/quotas.ts'

test('a small world is served by what learns from it, is shown nothing forbidden, and tells every model by the same examples', async () => {
  const examples: Example[] = []
  const report = (await run({
    users: 30,
    posts: 60,
    impressions: 900,
    days: 2,
    drift: 0.3,
    heard: (example) => examples.push(example),
  })) as Report
  expect(report).toMatchObject({ forbidden: 0, users: 30, days: 2, drift: 0.3 })
  // With so few posts pass 0 drops none.
  expect(report).toMatchObject({ light_judged: 0, light_candidates: null, light_kept_top25: null })
  // One every step of ten minutes in which there were examples.
  expect(report.swaps).toBeGreaterThan(20)
  const { online, waiting, hourly, daily, prior } = report.models
  for (const { positives } of [waiting, hourly, daily, prior]) expect(positives).toEqual(online.positives)
  expect(online.positives.click).toBeGreaterThan(0)
  // What was foreseen of skips before anything was learned is far from what people here do.
  const error = ({ calibration }: Figures): number => Math.abs(Math.log(calibration.skip))
  expect(error(online)).toBeLessThan(error(prior))
  expect(error(waiting)).toBeLessThan(error(prior))
  const early = examples.filter(({ isEarly }) => isEarly)
  expect(early.length).toBeGreaterThan(0)
  for (const { phase, labels } of early) expect([phase, labels.length]).toEqual(['late', 1])
})

test('a world is served by the prior alone, where asked for, and the light ranker is judged once there are more posts than it keeps', async () => {
  const report = (await run({ users: 30, posts: 800, impressions: 900, days: 2, prior: true })) as Report
  expect(report).toMatchObject({
    swaps: 0,
    forbidden: 0,
    ev_share: { freshet: expect.any(Number) as number },
  })
  expect(Object.keys(report.models)).toEqual(['hourly', 'daily', 'prior'])
  expect(report.light_judged).toBeGreaterThan(0)
  expect(report.light_candidates).toBeGreaterThan(PASS_0_KEPT_MAX)
  // By chance it would keep most of so few; the one prior was made to foresee the other.
  expect(report.light_kept_top25).toBeGreaterThan(PASS_0_KEPT_MAX / report.light_candidates!)
  expect(report.light_kept_top25).toBeLessThanOrEqual(1)
})

interface Figures {
  readonly positives: { readonly click: number }
  readonly calibration: { readonly skip: number }
}

interface Report {
  readonly swaps: number
  readonly light_judged: number
  readonly light_candidates: number | null
  readonly light_kept_top25: number | null
  readonly models: Readonly<Record<'online' | 'waiting' | 'hourly' | 'daily' | 'prior', Figures>>
}
