import { expect, test } from 'vitest'
import { run } from '../../bench/clients.ts'

const TEST_MS_MAX = 240_000

test(
  'a hundred clients at once are all answered with feeds; what stages these went without is told',
  async () => {
    const asked = { keys: 500, events: 500, seconds: 1, clients: 100 }
    const result = await run(asked)
    expect(result).toMatchObject({ clients: 100, errors: 0, statuses: { 200: result.requests } })
    expect(result.requests).toBeGreaterThanOrEqual(100)
    expect(result.seconds).toBeGreaterThanOrEqual(1)
    expect(result.p50_ms).toBeGreaterThan(0)
    expect(result.p99_ms).toBeGreaterThanOrEqual(result.p50_ms)
    expect(result.requests_per_s).toBeGreaterThan(0)
    // A busy machine may make stages late, and only that.
    for (const each of Object.keys(result.degraded)) expect(each).toMatch(/ late$/)
  },
  TEST_MS_MAX,
)
