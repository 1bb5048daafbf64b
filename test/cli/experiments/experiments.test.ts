import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { experimentReports, reportText } from '../../../cli/experiments/report.ts'
import { main } from '../../../cli/main.ts'
import { RANKING_FILE } from '../../../cli/serving/ranking-file.ts'
import { change, NO_MEASURES, NO_MOMENTS, rounded, summed } from '../../../processors/experiments/measures.ts'
import { HOUR_MS } from '../../../schemas/ids.ts'
import { event, post, tie } from '../community.ts'
import { Running } from '../running.ts'

const totalsOf = (clicks: readonly number[]) =>
  rounded(
    clicks
      .map((count) => change(null, { ...NO_MEASURES, feeds: 1, shown: 10, clicks: count }))
      .reduce(summed, NO_MOMENTS),
  )

const row = (label: string, window: string, clicks: readonly number[]) => ({
  store: 'experiment-totals',
  key: [label, window],
  asOf: null,
  bytes: 1,
  value: JSON.parse(JSON.stringify(totalsOf(clicks))),
})

test('arms are compared with the control, window by window', () => {
  const rows = [
    row('likes/control', 'all', [1, 2, 3, 2]),
    row('likes/more', 'all', [9, 8, 10, 9]),
    row('likes/control', '2026-11-26', [1, 1]),
    row('size/a', 'all', [1]),
  ]
  const [all, day, size] = experimentReports(rows)
  expect([all, day, size].map((each) => `${each!.experiment} ${each!.window}`)).toEqual([
    'likes all',
    'likes 2026-11-26',
    'size all',
  ])
  const [control, more] = all!.arms
  expect(control).toMatchObject({ arm: 'control', users: 4, feeds: 4, above: null })
  expect(control!.figures.click_through!.value).toBeCloseTo(0.2, 12)
  expect(control!.figures.satisfaction).toBeNull()
  expect(more!.above!.click_through!.value).toBeCloseTo(0.7, 12)
  expect(more!.above!.click_through!.low).toBeGreaterThan(0.5)
  expect(size!.arms[0]!.figures.click_through).toBeNull()
  expect(reportText(all!)).toMatch(/more: 4 users[^]*click_through +0\.9000 .* \+0\.7000 .* \*/)
})

test('those who look and rarely do more are reported on separately, beside those of the control', () => {
  const rows = [
    row('likes/control', 'all', [1, 2, 3, 2, 0, 1]),
    row('likes/control/passive', 'all', [0, 1]),
    row('likes/more', 'all', [9, 8, 10, 9, 3, 4]),
    row('likes/more/passive', 'all', [3, 4]),
    row('size/a', 'all', [1]),
  ]
  const [likes, size] = experimentReports(rows)
  const [control, more] = likes!.arms
  expect(likes!.arms.map(({ arm, users }) => [arm, users])).toEqual([
    ['control', 6],
    ['more', 6],
  ])
  expect(control!.passive).toMatchObject({ users: 2, feeds: 2, above: null })
  expect(control!.passive.figures.click_through!.value).toBeCloseTo(0.05, 12)
  expect(more!.passive.above!.click_through!.value).toBeCloseTo(0.3, 12)
  expect(size!.arms[0]!.passive).toMatchObject({ users: 0, feeds: 0 })
  expect(reportText(likes!)).toMatch(/more, who look and rarely do more: 2 users[^]*click_through +0\.3500/)
  expect(reportText(size!)).not.toMatch('rarely')
})

test('what people do with feeds of each arm comes out of the stream, at the command and over HTTP', async () => {
  const running = await Running.start()
  const people = Array.from({ length: 12 }, (_, index) => `user-${index}`)
  await running.take([...people.map((user) => tie(user, 'bo', 'follow')), post('p1', 'bo'), post('p2', 'bo')])
  const arms = [
    { name: 'control', share: 0.5 },
    { name: 'other', share: 0.5 },
  ]
  const settings = { experiments: [{ name: 'halves', salt: 'halves-1', arms }] }
  await writeFile(join(running.data, RANKING_FILE), JSON.stringify(settings))
  await running.serving.rankingFile.look()
  const asOf = Date.now() - 2 * HOUR_MS
  const given = new Map<string, string>()
  for (const userId of people) {
    const { meta, items } = await running.feed({ userId, asOf: asOf + HOUR_MS })
    given.set(userId, meta.experiment!)
    expect(items).toHaveLength(2)
    const { requestId } = meta
    const at = asOf + HOUR_MS + 1_000
    const click = { userId, postId: 'p1', authorId: 'bo', kind: 'click', requestId, at }
    if (meta.experiment === 'halves/other') await running.take([event('reactions', click)])
    await running.take([event('surveys', { userId, requestId, satisfaction: 4, at })])
  }
  await expect.poll(() => running.serving.impressions.counts.written).toBe(people.length)
  // Labels are in once event time has gone on, on every topic, for half an hour and the grace.
  const now = Date.now()
  const later = { userId: 'later', at: now }
  await running.feed({ userId: people[0]!, asOf: now })
  await expect.poll(() => running.serving.impressions.counts.written).toBe(people.length + 1)
  await running.take([
    event('reactions', { ...later, postId: 'p1', authorId: 'bo', kind: 'view' }),
    event('surveys', { ...later, satisfaction: 1 }),
    tie('later', 'bo', 'follow', { at: now }),
  ])
  const { rows } = await running.inspection.rows('experiment-totals', 'halves/', 100, null)
  const all = experimentReports(rows).find(({ window }) => window === 'all')!
  for (const { arm, users, feeds, figures } of all.arms) {
    const expected = [...given.values()].filter((each) => each === `halves/${arm}`).length
    expect({ users, feeds }).toEqual({ users: expected, feeds: expected })
    expect(figures.click_through!.value).toBe(arm === 'other' ? 0.5 : 0)
    expect(figures.satisfaction!.value).toBe(4)
  }
  const totals = await running.inspection.rows('experiment-totals', 'everyone/', 100, null)
  const everybody = experimentReports(totals.rows)
  const [everyone] = everybody.find(({ window }) => window === 'all')!.arms
  expect(everyone).toMatchObject({ arm: 'all', users: people.length, feeds: people.length, above: null })
  const clicked = [...given.values()].filter((each) => each === 'halves/other').length
  expect(everyone!.figures.click_through!.value).toBeCloseTo(clicked / (2 * people.length), 12)
  expect(await main(['experiments', '--json', '--url', running.url])).toBe(0)
  expect(await main(['experiments', 'halves', '--window', 'each', '--url', running.url])).toBe(0)
})
