import { expect, test } from 'vitest'
import { run } from '../../bench/rules.ts'
import { RULES } from '../../serving/rules/index.ts'

const TEST_MS_MAX = 120_000

test(
  'every rule has a price in a small world: what feeds would be worth without it',
  async () => {
    const { feeds, rules, ev_share_all_on } = await run({ users: 30, posts: 100, impressions: 600, days: 1 })
    expect(feeds).toBeGreaterThan(0)
    expect(ev_share_all_on).toBeLessThanOrEqual(1)
    expect(Object.keys(rules)).toEqual(RULES.map(({ name }) => name))
    expect(rules['author-diversity']!.changes).toBeGreaterThan(0)
    // Nobody of this world has asked to see less of anything yet.
    expect(rules['see-less-fatigue']).toEqual({ price: 0, error: 0, changes: 0 })
  },
  TEST_MS_MAX,
)
