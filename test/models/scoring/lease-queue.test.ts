import { expect, test } from 'vitest'
import { LEASES_WAITING_MAX, LeaseQueue } from '../../../models/scoring/lease-queue.ts'

test('slots are given out once, and to those who wait in the order they came', async () => {
  const queue = new LeaseQueue(2)
  const given = [await queue.take(), await queue.take()]
  expect(new Set(given)).toEqual(new Set([0, 1]))
  const order: string[] = []
  const first = queue.take().then((slot) => order.push(`first ${slot}`))
  const second = queue.take().then((slot) => order.push(`second ${slot}`))
  expect(queue).toMatchObject({ leased: 2, waiting: 2 })
  queue.giveBack(1)
  queue.giveBack(0)
  await Promise.all([first, second])
  expect(order).toEqual(['first 1', 'second 0'])
  queue.giveBack(0)
  expect(queue).toMatchObject({ leased: 1, waiting: 0 })
})

test('who waits too long may leave, and the slot goes to the next', async () => {
  const queue = new LeaseQueue(1)
  const slot = await queue.take()
  const abort = new AbortController()
  const impatient = queue.take(abort.signal)
  const patient = queue.take()
  abort.abort(new Error('late'))
  await expect(impatient).rejects.toThrow('late')
  queue.giveBack(slot)
  expect(await patient).toBe(slot)
  await expect(queue.take(abort.signal)).rejects.toThrow('late')
})

test('no more may wait than are allowed to', async () => {
  const queue = new LeaseQueue(1)
  await queue.take()
  const waiting = Array.from({ length: LEASES_WAITING_MAX }, () =>
    queue.take().catch((error: unknown) => error),
  )
  await expect(queue.take()).rejects.toThrow('SCORERS_BUSY')
  queue.close()
  for (const outcome of await Promise.all(waiting)) expect(outcome).toMatchObject({ code: 'SCORERS_CLOSED' })
  await expect(queue.take()).rejects.toThrow('SCORERS_CLOSED')
})
