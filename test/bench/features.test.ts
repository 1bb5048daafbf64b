import { expect, test } from 'vitest'
import { run } from '../../bench/features.ts'

test('rows of a view are counted into, merged and read', async () => {
  const result = await run({ keys: 50, repetitions: 2 })
  for (const [figure, value] of Object.entries(result)) expect(value, figure).toBeGreaterThan(0)
  expect(result.bytes_per_row).toBeCloseTo(result.bytes_per_entry * result.entries_per_row, -1)
})
