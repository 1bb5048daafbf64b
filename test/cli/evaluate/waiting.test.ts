import { expect, test } from 'vitest'
import { Waiting } from '../../../cli/evaluate/waiting.ts'

test('what waits is taken once, at its place', () => {
  const waiting = new Waiting<string>(2)
  waiting.add(7, 'seven')
  expect([waiting.has(7), waiting.has(8)]).toEqual([true, false])
  expect([waiting.take(8), waiting.take(7), waiting.take(7)]).toEqual([undefined, 'seven', undefined])
})

test('what waits longest gives way where it is too many', () => {
  const waiting = new Waiting<string>(2)
  for (const place of [9, 3, 5]) waiting.add(place, `${place}`)
  expect([waiting.take(9), waiting.take(3), waiting.take(5)]).toEqual([undefined, '3', '5'])
})
