import { expect, test } from 'vitest'
import { MEASURED_ROWS_MAX } from '../../../models/training/column-moments.ts'
import { SETTLED_LENGTH, stepLength } from '../../../models/training/step-length.ts'

test('steps grow shorter while columns are measured, and stay as long as they are then', () => {
  const lengths = [0, 1, 0.5 * MEASURED_ROWS_MAX, MEASURED_ROWS_MAX].map(stepLength)
  expect(lengths[0]).toBe(1)
  expect(lengths).toEqual(lengths.toSorted((one, other) => other - one))
  expect(new Set(lengths).size).toBe(lengths.length)
  expect(stepLength(MEASURED_ROWS_MAX)).toBe(SETTLED_LENGTH)
  expect(stepLength(10 * MEASURED_ROWS_MAX)).toBe(SETTLED_LENGTH)
})
