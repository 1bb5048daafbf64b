import { setTimeout as pause } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { Clock } from '../../../engine/clock.ts'
import { DAY_MS, millis } from '../../../schemas/ids.ts'
import { PrometheusMetrics } from '../../../cli/metrics.ts'
import { HISTORY_DAYS, LiveWorld } from '../../../cli/world/live.ts'
import { tellWorth } from '../../../cli/world/metrics.ts'
import { Running } from '../running.ts'

const SPEED = 2_000

/**
 * A clock that runs fast: hours pass while a test waits for a moment. It begins days ago, for tasks go by the clock of the
 * machine and put aside what is dated ahead of it.
 */
const fastClock = (): Clock => {
  const [start, monotonic] = [Date.now() - 3 * DAY_MS, performance.now()]
  return {
    now: () => millis(Math.floor(start + SPEED * (performance.now() - monotonic))),
    monotonicMs: () => performance.now(),
  }
}

test('a live world has a history that ends now, goes on by itself, and ends when it is told to', async () => {
  const clock = fastClock()
  const running = await Running.start({ clock })
  const started = clock.now()
  const live = new LiveWorld(40, running.url, clock)
  const events = await live.fill()
  expect(events).toBeGreaterThan(3_000)
  expect(live.world.now).toBeGreaterThanOrEqual(started)
  expect(live.world.parameters.startAt).toBeGreaterThanOrEqual(started - HISTORY_DAYS * DAY_MS)
  const { registry } = new PrometheusMetrics()
  tellWorth(registry, live)
  expect(await registry.metrics()).not.toContain('freshet_world_ev_share{')
  const failures: unknown[] = []
  live.start((error) => failures.push(error))
  while (live.events < events + 200 && failures.length === 0) await pause(50)
  await live.stop()
  expect(failures).toEqual([])
  const sent = live.events
  const { body } = await running.get('/metrics')
  expect(String(body['text'])).toContain(`freshet_accepted_events_total ${sent}`)
  expect(String(body['text'])).not.toContain('TIME_IN_FUTURE')
  const { feeds: served, feeds_evaluated, forbidden_posts, ev_share } = live.report()!
  expect([served, feeds_evaluated].every((count) => count > 0)).toBe(true)
  expect(forbidden_posts).toEqual([])
  const told = await registry.metrics()
  expect(told).toContain(`freshet_world_feeds ${served}`)
  for (const ranking of ['freshet', 'random', 'recent', 'popular', 'decayed'] as const) {
    // Of the few feeds of so small a world, what was shown may cost more than it is worth.
    expect(ev_share[ranking], ranking).toBeLessThanOrEqual(1)
    expect(told).toContain(`freshet_world_ev_share{ranking="${ranking}"} ${ev_share[ranking]}`)
  }
  // One who came often may have seen all there is in so small a world.
  const feeds = await Promise.all(
    live.world.people.ids.map((userId) => running.feed({ userId, limit: 5, preview: 'true' })),
  )
  expect(feeds.filter(({ items }) => items.length > 0).length).toBeGreaterThan(5)
})
