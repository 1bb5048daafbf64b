import { expect, test } from 'vitest'
import { supersedes } from '../../processors/register.ts'
import { eventId, later } from './events.ts'

const write = (at: number, id: string) => ({ at: later(at), eventId: eventId(id) })

test('the later write wins, of two at once that of the greater event id, and none over itself', () => {
  expect(supersedes(write(1, 'a'), null)).toBe(true)
  expect(supersedes(write(2, 'a'), write(1, 'b'))).toBe(true)
  expect(supersedes(write(1, 'b'), write(2, 'a'))).toBe(false)
  expect(supersedes(write(1, 'b'), write(1, 'a'))).toBe(true)
  expect(supersedes(write(1, 'a'), write(1, 'a'))).toBe(false)
})
