import { expect, test } from 'vitest'
import { run } from '../../bench/parity.ts'

const TEST_MS_MAX = 120_000

test(
  "all that a small world's feeds log of posts and viewers is what a replay into other partitions gives, byte for byte",
  async () => {
    const result = await run({ users: 30, posts: 100, impressions: 600, days: 1 })
    expect(result.impressions).toBeGreaterThan(500)
    expect(result).toMatchObject({ compared: result.impressions, different: 0 })
    expect(result.contents).toBeGreaterThan(result.impressions / 2)
    expect(result.tastes).toBeGreaterThan(result.impressions / 2)
    for (const source of ['friend', 'trending', 'retrieval'])
      expect(result.sources[source], source).toBeGreaterThan(0)
  },
  TEST_MS_MAX,
)
