import { describe, expect, test } from 'vitest'
import { RemoteProgress } from '../../../cli/remote/progress.ts'
import { systemClock } from '../../../cli/runtime/clock.ts'
import { SimulatedLog } from '../../../engine/log/simulated.ts'
import { topicSpecsOf } from '../../../engine/worker.ts'
import { markStoreOf, NO_MARK, type TaskMark } from '../../../features/sink/task-mark.ts'
import { millis } from '../../../schemas/ids.ts'
import { ECHOES, RESTRICTING } from '../../../serving/visibility/catch-up.ts'
import { PendingRestrictions } from '../../../serving/visibility/pending-restrictions.ts'
import { everything } from '../../../topologies/index.ts'
import { entry } from '../../conformance/frames.ts'

const SPACES = ['user', 'post']
const RECORDS = 5

/** Topics that hold a few records each, and marks as Redis would tell them. */
const setUp = async () => {
  const log = new SimulatedLog({ clock: () => millis(0) })
  await log.createTopics(topicSpecsOf(everything, 1, Infinity))
  const topics = [...RESTRICTING, ...ECHOES]
  const accept = (count = 1): Promise<void> =>
    log.append(topics.map((topic) => entry(topic, 0, ...Array.from({ length: count }, () => 'event'))))
  await accept(RECORDS)
  const marks = new Map<string, TaskMark>()
  const told: [string, number][] = []
  const progress = new RemoteProgress({
    log,
    store: {
      readRow: async (store) => {
        const mark = marks.get(store)
        return mark === undefined ? null : Buffer.from(JSON.stringify(mark))
      },
    },
    topology: everything,
    partitions: 1,
    clock: systemClock,
    processed: (topic, events) => told.push([topic, events]),
  })
  /** A task of a key space has processed so much of each of its inputs, in as many commits. */
  const carry = (keySpace: string, offset: number): void => {
    const inputs = Object.fromEntries(topics.map((topic) => [topic, offset]))
    marks.set(markStoreOf(keySpace), { ...NO_MARK, sequence: offset, inputs })
  }
  const carryAll = (offset: number): void => {
    for (const keySpace of SPACES) carry(keySpace, offset)
  }
  carryAll(RECORDS)
  await progress.refresh()
  const restrictions = new PendingRestrictions(progress)
  restrictions.hold()()
  return { progress, restrictions, marks, told, accept, carry, carryAll }
}

describe('when Redis has lost rows', () => {
  test('nothing is shown until those of all tasks are carried anew, up to what was accepted before', async () => {
    const { progress, restrictions, marks, carry } = await setUp()
    marks.clear()
    await progress.refresh()
    expect(progress.committedOffset('connections', 0)).toBe(0)
    expect(() => restrictions.hold()).toThrow('CATCHING_UP')
    carry('post', RECORDS)
    await progress.refresh()
    expect(() => restrictions.hold()).toThrow('CATCHING_UP')
    carry('user', RECORDS - 1)
    await progress.refresh()
    expect(() => restrictions.hold()).toThrow('CATCHING_UP')
    carry('user', RECORDS)
    await progress.refresh()
    restrictions.hold()()
  })

  test('the last of them are enough', async () => {
    const { progress, restrictions, carry, carryAll } = await setUp()
    carry('user', RECORDS - 1)
    await progress.refresh()
    expect(() => restrictions.hold()).toThrow('CATCHING_UP')
    carryAll(RECORDS)
    await progress.refresh()
    restrictions.hold()()
  })

  test('what is waited for is what was accepted until rows began to be carried anew', async () => {
    const { progress, restrictions, marks, accept, carryAll } = await setUp()
    marks.clear()
    await progress.refresh()
    expect(() => restrictions.hold()).toThrow('CATCHING_UP')
    await accept()
    carryAll(RECORDS)
    await progress.refresh()
    expect(() => restrictions.hold()).toThrow('CATCHING_UP')
    carryAll(RECORDS + 1)
    await progress.refresh()
    restrictions.hold()()
  })

  test('what was told of as processed is not told of again', async () => {
    const { progress, marks, told, accept, carryAll } = await setUp()
    marks.clear()
    await progress.refresh()
    carryAll(RECORDS)
    await progress.refresh()
    expect(told).toEqual([])
    await accept()
    carryAll(RECORDS + 1)
    await progress.refresh()
    expect(new Map(told)).toEqual(new Map(RESTRICTING.map((topic) => [topic, 1])))
  })
})
