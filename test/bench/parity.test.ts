import { expect, test } from 'vitest'
import { run } from '../../bench/parity.ts'

const TEST_MS_MAX = 120_000

test(
  "a small world's feeds log the features that a replay into other partitions gives, byte for byte",
  async () => {
    const result = await run({ users: 30, posts: 100, impressions: 600, days: 1 })
    expect(result).toMatchObject({ different: 0 })
    expect(result.compared).toBeGreaterThan(result.impressions / 2)
  },
  TEST_MS_MAX,
)
