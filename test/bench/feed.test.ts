import { expect, test } from 'vitest'
import { run } from '../../bench/feed.ts'

const TEST_MS_MAX = 600_000

test(
  'the benchmark of feeds, in short, tells latency, throughput, and time and bytes of every stage, under the names that others read',
  async () => {
    const result = await run({ keys: 1_000, events: 500, seconds: 0.2 })
    expect(Object.keys(result).sort()).toEqual([
      'candidates',
      'columns',
      'cpu_ms_per_request',
      'growth',
      'heavy_candidates',
      'load_ms',
      'p50_ms',
      'p99_ms',
      'posts',
      'requests_per_s_per_core',
      'settle_ms',
      'stages',
      'streaming',
      'users',
    ])
    expect(result.p50_ms).toBeGreaterThan(0)
    expect(result.p99_ms).toBeGreaterThanOrEqual(result.p50_ms)
    expect(result.requests_per_s_per_core).toBeGreaterThan(0)
    expect(Object.keys(result.growth)).toEqual(['500', '1500', '2800'])
    for (const latency of [result.streaming, ...Object.values(result.growth)])
      expect(latency).toMatchObject({ candidates: expect.any(Number), p50_ms: expect.any(Number) })
    const { stages } = result
    for (const [name, stage] of Object.entries(stages)) {
      expect(stage, name).toEqual({ ms: expect.any(Number), bytes: expect.any(Number) })
    }
    const told = ['turn', 'viewer-connections', 'source-friend', 'inventory', 'filters', 'pass-0', 'pass-1']
    expect(Object.keys(stages)).toEqual(expect.arrayContaining([...told, 'pass-2', 'session', 'selector']))
    for (const allocating of ['inventory', 'filters', 'session', 'selector'])
      expect(stages[allocating]!.bytes, allocating).toBeGreaterThan(0)
  },
  TEST_MS_MAX,
)
