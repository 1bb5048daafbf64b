import { expect, test } from 'vitest'
import { run } from '../../bench/retrieval.ts'

test('the benchmark of retrieval, in short, tells of every index and method, under the names that others read', async () => {
  const result = await run({ keys: 1_000, users: 20, posts: 80, days: 2 })
  const { indexes, world } = result
  expect(indexes).toHaveLength(1)
  expect(indexes[0]).toMatchObject({ vectors: 1_000, exact_p50_ms: expect.any(Number) as number })
  expect(result).toHaveProperty('graph_from')
  expect(world.next_judged).toBeGreaterThan(0)
  for (const [name, figures] of Object.entries(world.methods)) {
    expect(Object.keys(figures), name).toEqual([
      'next_at_100',
      'next_at_500',
      'worth_of_200',
      'best_100_in_500',
    ])
  }
  expect(Object.keys(world.methods).length).toBeGreaterThan(1)
})
