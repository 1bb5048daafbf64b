import { expect, test } from 'vitest'
import { run } from '../../bench/swap.ts'

const TEST_MS_MAX = 240_000

test(
  'the benchmark of swaps, in short, tells how long feeds take with and without, under the names that others read',
  async () => {
    const result = await run({ keys: 300, seconds: 0.6 })
    expect(Object.keys(result)).toEqual([
      'p50_ms_without',
      'p99_ms_without',
      'p50_ms_with',
      'p99_ms_with',
      'ratio',
      'requests',
      'swaps',
      'light_swaps',
      'retrieval_swaps',
      'snapshot_bytes',
    ])
    expect(result.ratio).toBeCloseTo(result.p99_ms_with / result.p99_ms_without, 1)
    expect(result.requests).toBeGreaterThan(0)
    // Models are promoted from the beginning of a span on, and the server looks twice a second.
    expect(result.swaps + result.light_swaps + result.retrieval_swaps).toBeGreaterThan(0)
    expect(result.snapshot_bytes).toBeGreaterThan(1_000_000)
  },
  TEST_MS_MAX,
)
