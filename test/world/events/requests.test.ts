import { expect, test } from 'vitest'
import { Requests } from '../../../world/events/requests.ts'

test('a request is kept until its last reaction is written, and its place is given on', () => {
  const requests = new Requests()
  const slot = requests.open('a "quoted" id')
  requests.retain(slot)
  requests.retain(slot)
  requests.closeIfIdle(slot)
  requests.release(slot)
  expect(JSON.parse(`{${requests.contextOf(slot)}"at":1}`)).toEqual({
    requestId: 'a "quoted" id',
    surface: 'feed',
    at: 1,
  })
  expect(requests.openCount).toBe(1)
  requests.release(slot)
  expect(requests.openCount).toBe(0)
  expect(requests.open(null)).toBe(slot)
  requests.closeIfIdle(slot)
  expect(requests.openCount).toBe(0)
})
