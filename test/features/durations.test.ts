import { expect, test } from 'vitest'
import { days, hours, minutes, seconds } from '../../features/durations.ts'

test('a duration keeps the words it was declared in', () => {
  expect(hours(24)).toEqual({ name: '24h', ms: 86_400_000 })
  expect(days(1)).toEqual({ name: '1d', ms: 86_400_000 })
  expect(minutes(30)).toEqual({ name: '30min', ms: 1_800_000 })
  expect(seconds(8)).toEqual({ name: '8s', ms: 8_000 })
})

test.each([0, -1, 1.5, NaN, Infinity])('%s is no count of days', (count) => {
  expect(() => days(count)).toThrow(/whole number of d above 0/)
})
