import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  AGE_BUCKET_BOUNDS_HOURS,
  AGE_BUCKETS,
  ageBucketOf,
  CONTEXT_COLUMNS,
} from '../../../models/row/context-columns.ts'

test('an age falls into the first bucket whose bound it is below', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1_000, noNaN: true }), (ageHours) => {
      const passed = AGE_BUCKET_BOUNDS_HOURS.filter((bound) => ageHours >= bound).length
      expect(ageBucketOf(ageHours)).toBe(passed)
    }),
  )
  expect(ageBucketOf(0)).toBe(0)
  expect(ageBucketOf(1e6)).toBe(AGE_BUCKETS - 1)
})

test('there is a column for every bucket, and its meaning names its bounds', () => {
  const buckets = CONTEXT_COLUMNS.filter(({ name }) => name.startsWith('context.age_bucket.'))
  expect(buckets).toHaveLength(AGE_BUCKETS)
  expect(buckets[3]!.about).toBe('1 for a post of 1 h up to, not including, 3 h.')
  expect(buckets.at(-1)!.about).toBe('1 for a post of 336 h or older.')
})

test('every column says what it means in a sentence', () => {
  for (const { name, about } of CONTEXT_COLUMNS) expect(about, name).toMatch(/^[A-Z0-9].*\.$/)
})
