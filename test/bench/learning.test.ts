import { expect, test } from 'vitest'
import { run } from '../../bench/learning.ts'
import type { Example } from '../../schemas/examples/index.ts'

test('a small world is served by what learns from it, is shown nothing forbidden, and tells every model by the same examples', async () => {
  const examples: Example[] = []
  const report = (await run({
    users: 30,
    posts: 60,
    impressions: 900,
    days: 2,
    heard: (example) => examples.push(example),
  })) as Report
  expect(report).toMatchObject({ forbidden: 0, users: 30, days: 2 })
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

test('the same world is served by the prior alone, where asked for', async () => {
  const report = (await run({ users: 30, posts: 60, impressions: 900, days: 2, prior: true })) as Report
  expect(report).toMatchObject({
    swaps: 0,
    forbidden: 0,
    ev_share: { freshet: expect.any(Number) as number },
  })
  expect(Object.keys(report.models)).toEqual(['hourly', 'daily', 'prior'])
})

interface Figures {
  readonly positives: { readonly click: number }
  readonly calibration: { readonly skip: number }
}

interface Report {
  readonly swaps: number
  readonly models: Readonly<Record<'online' | 'waiting' | 'hourly' | 'daily' | 'prior', Figures>>
}
