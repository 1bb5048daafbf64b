import { expect, test } from 'vitest'
import { Appender } from '../../../../engine/log/embedded/appender.ts'
import type { AppendEntry } from '../../../../engine/log/port.ts'
import { entry } from '../../../conformance/frames.ts'

const MIB = 1 << 20
const entryOf = (bytes: number): AppendEntry => ({
  topic: 'events',
  partition: 0,
  frame: { count: 1, bytes: Buffer.alloc(bytes) },
})

const synced = (): Promise<void> => Promise.resolve()

test('appends of one turn share one write, in order', async () => {
  const writes: number[][] = []
  const appender = new Appender((groups) => writes.push(groups.map((entries) => entries.length)), synced)
  const one = entry('events', 0, 'a')
  await Promise.all([appender.append([one]), appender.append([one, one]), appender.append([one, one, one])])
  await appender.append([one])
  expect(writes).toEqual([[1, 2, 3], [1]])
})

test('a write takes at most 8 MiB, but always one append whole', async () => {
  const writes: number[] = []
  const appender = new Appender((groups) => writes.push(groups.length), synced)
  await Promise.all([3, 4, 2, 20, 1].map((mib) => appender.append([entryOf(mib * MIB)])))
  expect(writes).toEqual([2, 1, 1, 1])
})

test('a failed write refuses the appends it held and no others', async () => {
  let writes = 0
  const appender = new Appender(() => {
    writes++
    if (writes === 2) throw new Error('disk')
  }, synced)
  const results = await Promise.allSettled([5, 6, 1, 7].map((mib) => appender.append([entryOf(mib * MIB)])))
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled'])
})

test('flushing writes at once what waits, and only once', async () => {
  let writes = 0
  const appender = new Appender(() => writes++, synced)
  const appending = appender.append([entryOf(1)])
  appender.flush()
  expect(writes).toBe(1)
  await appending
  await new Promise((resolve) => setImmediate(resolve))
  expect(writes).toBe(1)
})

test('an append answers when it is durable, though it is written before', async () => {
  const happened: string[] = []
  let finish: () => void = () => undefined
  const appender = new Appender(
    () => happened.push('written'),
    () => new Promise((resolve) => (finish = resolve)),
  )
  const appending = appender.append([entryOf(1)]).then(() => happened.push('answered'))
  appender.flush()
  await new Promise((resolve) => setImmediate(resolve))
  expect(happened).toEqual(['written'])
  const settled = appender.settled().then(() => happened.push('settled'))
  finish()
  await Promise.all([appending, settled])
  expect(happened).toEqual(['written', 'answered', 'settled'])
})

test('a failed sync refuses the appends that waited for it', async () => {
  const appender = new Appender(
    () => undefined,
    () => Promise.reject(new Error('device')),
  )
  const results = await Promise.allSettled([1, 2].map(() => appender.append([entryOf(1)])))
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  await appender.settled()
})
