import { expect, test } from 'vitest'
import { run } from '../../bench/freshness.ts'
import { missing, START_MS_MAX } from '../services/here.ts'

const missed = (await missing('kafka')) ?? (await missing('redis'))

test.skipIf(missed !== undefined)(
  `the freshness benchmark, in short, sees events in rows and in feeds ${missed ?? ''}`,
  async () => {
    const result = await run({ keys: 2_000, seconds: 1 })
    expect(result).toMatchObject({ keys: 2_000, seconds: 1, partitions: 2 })
    expect(result.events_per_s).toBeGreaterThan(0)
    expect(result.probes).toBeGreaterThan(0)
    expect(result.visible_p50_ms).toBeGreaterThan(0)
    expect(result.visible_max_ms).toBeGreaterThanOrEqual(result.visible_p99_ms)
    expect(result.feed_events_per_s).toBeGreaterThan(0)
    expect(result.feed_probes).toBeGreaterThan(0)
    // A feed is seen when its answer has come.
    expect(result.feed_answer_p50_ms).toBeGreaterThan(0)
    expect(result.feed_visible_p50_ms).toBeGreaterThan(0)
    expect(result.feed_visible_max_ms).toBeGreaterThanOrEqual(result.feed_visible_p50_ms)
  },
  START_MS_MAX,
)
