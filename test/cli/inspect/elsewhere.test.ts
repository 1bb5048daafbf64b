import { hostname } from 'node:os'
import { expect, test } from 'vitest'
import { askedAt } from '../../../cli/http/asked-at.ts'
import { elsewhereLines } from '../../../cli/inspect/elsewhere.ts'

test('a list of rows says which partitions it lacks, together for each who runs them', () => {
  const b = { member: 'b', url: 'http://b:8082' }
  const elsewhere = [
    { partition: 0, ...b },
    { partition: 2, member: null, url: null },
    { partition: 3, ...b },
    { partition: 4, member: 'c', url: null },
  ]
  expect(elsewhereLines('user', { listed: [1], elsewhere })).toEqual([
    'Listed 1 of the 5 partitions of "user"; not listed:',
    '  0, 3: "b" runs it, at http://b:8082',
    '  2: nobody runs it now',
    '  4: "c" runs it',
  ])
  expect(elsewhereLines('user', { listed: [0, 1], elsewhere: [] })).toEqual([])
})

test("who listens at every address is asked by the machine's name", () => {
  expect(askedAt('http://127.0.0.1:81', '0.0.0.0')).toBe(`http://${hostname()}:81`)
  expect(askedAt('http://[::]:81', '::')).toBe(`http://${hostname()}:81`)
  expect(askedAt('http://127.0.0.2:81', '127.0.0.2')).toBe('http://127.0.0.2:81')
})
