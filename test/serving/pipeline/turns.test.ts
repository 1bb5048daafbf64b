import { expect, test } from 'vitest'
import { Turns } from '../../../serving/pipeline/turns.ts'
import { HandAlarm } from '../feeds.ts'

const WAIT_MS = 500

const turnsOf = (atOnceMax: number, waitingMax: number) => {
  const alarm = new HandAlarm()
  return { alarm, turns: new Turns(alarm, { atOnceMax, waitingMax, waitMsMax: WAIT_MS }) }
}

/** Work that goes on until it is told to end. */
const held = () => {
  const started: number[] = []
  const ends: (() => void)[] = []
  const work = (name: number) => (): Promise<number> => {
    started.push(name)
    return new Promise((resolve) => ends.push(() => resolve(name)))
  }
  return { started, ends, work }
}

test('a few are let in at a time, the others in the order they came', async () => {
  const { turns } = turnsOf(2, 10)
  const { started, ends, work } = held()
  const all = [1, 2, 3, 4].map((name) => turns.take(work(name)))
  expect(started).toEqual([1, 2])
  expect([turns.waitingCount, turns.isTaken]).toEqual([2, true])
  ends[1]!()
  expect(await all[1]).toBe(2)
  await Promise.resolve()
  expect(started).toEqual([1, 2, 3])
  ends[0]!()
  ends[2]!()
  await Promise.all([all[0], all[2]])
  ends[3]!()
  expect(await all[3]).toBe(4)
  expect(turns.isTaken).toBe(false)
  expect(await turns.take(async () => 5)).toBe(5)
})

test('work that fails gives its turn on', async () => {
  const { turns } = turnsOf(1, 10)
  const failing = turns.take(() => Promise.reject(new Error('no')))
  const next = turns.take(async () => 'next')
  await expect(failing).rejects.toThrow('no')
  expect(await next).toBe('next')
})

test('who comes when too many wait is refused at once', async () => {
  const { turns } = turnsOf(1, 1)
  const { ends, work } = held()
  const first = turns.take(work(1))
  const second = turns.take(work(2))
  await expect(turns.take(work(3))).rejects.toMatchObject({ code: 'OVERLOADED' })
  ends[0]!()
  await first
  await Promise.resolve()
  ends[1]!()
  expect(await second).toBe(2)
})

test('who has waited too long is refused, and those behind them go on', async () => {
  const { turns, alarm } = turnsOf(1, 10)
  const { started, ends, work } = held()
  const first = turns.take(work(1))
  const second = turns.take(work(2))
  alarm.pass(WAIT_MS - 1)
  expect(turns.waitingCount).toBe(1)
  alarm.pass(WAIT_MS)
  await expect(second).rejects.toMatchObject({ code: 'OVERLOADED' })
  const third = turns.take(work(3))
  ends[0]!()
  await first
  await Promise.resolve()
  expect([started, alarm.waiting]).toEqual([[1, 3], 0])
  ends[1]!()
  expect(await third).toBe(3)
})

test('who hangs up while they wait leaves the queue, and who hangs up later keeps their turn until it is over', async () => {
  const { turns, alarm } = turnsOf(1, 10)
  const { started, ends, work } = held()
  const [waits, ranked] = [new AbortController(), new AbortController()]
  const first = turns.take(work(1), ranked.signal)
  const second = turns.take(work(2), waits.signal)
  const third = turns.take(work(3), ranked.signal)
  waits.abort()
  await expect(second).rejects.toMatchObject({ code: 'CLIENT_GONE' })
  expect([turns.waitingCount, turns.isTaken, alarm.waiting]).toEqual([1, true, 1])
  ends[0]!()
  await first
  await Promise.resolve()
  ranked.abort()
  expect(started).toEqual([1, 3])
  ends[1]!()
  expect(await third).toBe(3)
  expect(turns.isTaken).toBe(false)
})
