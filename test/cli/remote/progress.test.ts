import { Redis } from 'ioredis'
import { describe, expect, test } from 'vitest'
import { RemoteProgress } from '../../../cli/remote/progress.ts'
import { systemClock } from '../../../cli/runtime/clock.ts'
import { SimulatedLog } from '../../../engine/log/simulated.ts'
import { topicSpecsOf } from '../../../engine/worker.ts'
import { plansOf } from '../../../engine/topology.ts'
import { markStoreOf, NO_MARK, type TaskMark, writeMark } from '../../../features/sink/task-mark.ts'
import { RedisFeatureStore } from '../../../features/store/redis.ts'
import { millis, type UserId } from '../../../schemas/ids.ts'
import { apartKey, type Restriction } from '../../../serving/visibility/accepted.ts'
import { ECHOES, RESTRICTING } from '../../../serving/visibility/catch-up.ts'
import { PendingRestrictions } from '../../../serving/visibility/pending-restrictions.ts'
import { realServices } from '../../../services/index.ts'
import { everything } from '../../../topologies/index.ts'
import { entry } from '../../conformance/frames.ts'
import { missing, START_MS_MAX } from '../../services/here.ts'

const noRedis = await missing('redis')
const MANY_PARTITIONS = 64

const SPACES = ['user', 'post']
const RECORDS = 5
const FORBIDDING = ['connections', 'hidden-posts', 'integrity']

const BLOCK: Restriction = {
  keys: [apartKey('bob', 'ann'), apartKey('ann', 'bob')],
  topic: 'connections',
  key: 'bob',
  echo: { topic: 'connections-reversed', key: 'ann' },
}

/** Topics that hold a few records each, and marks as Redis would tell them. */
const setUp = async (goneAtStart: readonly string[] = [], carriedAtStart = RECORDS) => {
  const log = new SimulatedLog({ clock: () => millis(0) })
  await log.createTopics(topicSpecsOf(everything, 1, Infinity))
  const topics = [...RESTRICTING, ...ECHOES]
  const accept = (count = 1): Promise<void> =>
    log.append(topics.map((topic) => entry(topic, 0, ...Array.from({ length: count }, () => 'event'))))
  await accept(RECORDS)
  const marks = new Map<string, TaskMark>()
  /** Ends that the process has heard of; those of other topics it knows. */
  const heard = new Map<string, number>()
  /** Brokers answer when it resolves. */
  const kafka: { until?: Promise<void> } = {}
  const told: [string, number][] = []
  /** Stores that lost their rows, and whose marks are still there. */
  const gone = new Set<string>(goneAtStart)
  const positionOf = (store: string): number => {
    if (gone.has(store)) return 0
    return marks.get(store)?.sequence ?? Infinity
  }
  const taken = { times: 0 }
  const progress = new RemoteProgress({
    log: {
      partitions: (topic) => log.partitions(topic),
      endOffset: (topic) => Math.min(log.endOffset(topic, 0), heard.get(topic) ?? Infinity),
      recentEnd: (topic) => Math.min(log.endOffset(topic, 0), heard.get(topic) ?? Infinity),
      firstFrom: async (topic, partition, offset) => {
        const [first] = await log.read(topic, partition, offset, 1)
        return Math.max(offset, first?.baseOffset ?? offset)
      },
      appendedEnds: async (topic) => {
        await kafka.until
        return [log.endOffset(topic, 0)]
      },
    },
    store: {
      positions: async (places) =>
        places.map(({ store }) => {
          const isMark = store.startsWith(markStoreOf(''))
          return { sequence: isMark && !marks.has(store) ? 0 : positionOf(store), newest: -1 }
        }),
      readPlaced: async (keys) =>
        keys.map(({ store }) => {
          const mark = marks.get(store)
          return mark === undefined ? null : Buffer.from(JSON.stringify(mark))
        }),
      takeAsItStands: () => void taken.times++,
    },
    topology: everything,
    partitions: 1,
    clock: systemClock,
    processed: (topic, events) => told.push([topic, events]),
  })
  /** A task of a key space has processed so much of each of its inputs, in as many commits. */
  const carry = (keySpace: string, offset: number, whole: readonly string[] = FORBIDDING): void => {
    const inputs = Object.fromEntries(topics.map((topic) => [topic, offset]))
    const changed = { connections: offset, integrity: offset }
    marks.set(markStoreOf(keySpace), { ...NO_MARK, sequence: offset, inputs, changed, whole })
  }
  const carryAll = (offset: number): void => {
    for (const keySpace of SPACES) carry(keySpace, offset)
  }
  if (carriedAtStart > 0) carryAll(carriedAtStart)
  await progress.refresh()
  const restrictions = new PendingRestrictions(progress)
  if (gone.size === 0 && carriedAtStart > 0) restrictions.hold()()
  return { progress, restrictions, marks, gone, taken, heard, kafka, told, accept, carry, carryAll }
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

  test.each(['connections', 'integrity'])(
    'of %s alone, for another node has the marks, nothing is shown until they are carried anew',
    async (store) => {
      const { progress, restrictions, marks, gone, carryAll } = await setUp()
      gone.add(store)
      for (let looks = 0; looks < 3; looks++) {
        await progress.refresh()
        expect(() => restrictions.hold()).toThrow('CATCHING_UP')
      }
      marks.clear()
      gone.clear()
      await progress.refresh()
      expect(() => restrictions.hold()).toThrow('CATCHING_UP')
      carryAll(RECORDS)
      await progress.refresh()
      restrictions.hold()()
    },
  )

  test('nothing is shown while any row may still have to come that has not changed for long, and comes with a late block', async () => {
    const { progress, restrictions, marks, carry, carryAll } = await setUp()
    marks.clear()
    await progress.refresh()
    carry('post', RECORDS)
    carry('user', RECORDS, [])
    await progress.refresh()
    expect(() => restrictions.hold()).toThrow('CATCHING_UP')
    carryAll(RECORDS + 1)
    await progress.refresh()
    restrictions.hold()()
  })

  test('and some are carried anew before anybody has looked, nothing is shown until all of them are', async () => {
    const { progress, restrictions, carry, carryAll } = await setUp()
    carry('user', RECORDS, [])
    carry('user', RECORDS + 1, [])
    await progress.refresh()
    expect(() => restrictions.hold()).toThrow('CATCHING_UP')
    carryAll(RECORDS + 2)
    await progress.refresh()
    restrictions.hold()()
  })

  test('what is left is read one look after the lack was found, by when whoever reads has heard of it', async () => {
    const { progress, marks, taken, carryAll } = await setUp()
    const takenAt = async (): Promise<number> => {
      await progress.refresh()
      return taken.times
    }
    const before = await takenAt()
    marks.clear()
    expect([await takenAt(), await takenAt()]).toEqual([before, before + 1])
    carryAll(RECORDS)
    const carried = await takenAt()
    expect(await takenAt()).toBe(carried)
  })

  test('that forbid nothing, their lack is told from when it is found until all are there', async () => {
    const { progress, restrictions, marks, carry } = await setUp()
    expect(progress.lackedMs()).toBe(Infinity)
    carry('author', 1)
    await progress.refresh()
    expect(progress.lackedMs()).toBe(Infinity)
    marks.delete(markStoreOf('author'))
    await progress.refresh()
    expect(progress.lackedMs()).toBe(0)
    carry('author', 1, [])
    await progress.refresh()
    expect(progress.lackedMs()).toBe(0)
    restrictions.hold()()
    carry('author', 2)
    await progress.refresh()
    expect(progress.lackedMs()).toBeGreaterThan(0)
    expect(progress.lackedMs()).toBeLessThan(60_000)
  })

  test('before a process began, the lack of those of which there was something to process is told', async () => {
    const { progress, carryAll } = await setUp([], 0)
    expect(progress.lackedMs()).toBe(0)
    carryAll(RECORDS)
    await progress.refresh()
    expect(progress.lackedMs()).toBeGreaterThan(0)
  })

  test('before a process began, nothing is shown either, though the marks are there', async () => {
    const { progress, restrictions } = await setUp(['connections'])
    await progress.refresh()
    expect(() => restrictions.hold()).toThrow('CATCHING_UP')
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

describe('a block', () => {
  test('is held for the other side until its echo is processed, though nobody here has heard of the echo', async () => {
    const { progress, restrictions, marks, heard, accept } = await setUp()
    const isHeld = (): boolean => {
      restrictions.settle()
      return restrictions.keepsApart('ann' as UserId, 'bob' as UserId)
    }
    heard.set('connections-reversed', RECORDS)
    await accept()
    restrictions.accept([BLOCK])
    let sequence = RECORDS
    const process = async (inputs: Readonly<Record<string, number>>): Promise<void> => {
      marks.set(markStoreOf('user'), { ...NO_MARK, sequence: ++sequence, inputs, whole: FORBIDDING })
      await progress.refresh()
    }
    await process({ connections: RECORDS + 1, 'connections-reversed': RECORDS })
    expect(isHeld()).toBe(true)
    await process({ connections: RECORDS + 1, 'connections-reversed': RECORDS + 1 })
    expect(isHeld()).toBe(false)
  })

  test('is held while Kafka does not say where echoes end; rows that are lost meanwhile are', async () => {
    const { progress, restrictions, marks, kafka, accept, carryAll } = await setUp()
    const answered = Promise.withResolvers<void>()
    kafka.until = answered.promise
    await accept()
    restrictions.accept([BLOCK])
    carryAll(RECORDS + 1)
    await progress.hear()
    const moving = progress.moveOn()
    restrictions.settle()
    expect(restrictions.size).toBe(1)
    restrictions.hold()()
    marks.clear()
    await progress.hear()
    expect(() => restrictions.hold()).toThrow('CATCHING_UP')
    answered.resolve()
    await moving
    expect(progress.committedOffset('connections', 0)).toBe(0)
    expect(() => restrictions.hold()).toThrow('CATCHING_UP')
  })
})

describe.skipIf(noRedis !== undefined)(`marks on Redis ${noRedis ?? ''}`, () => {
  test(
    'are looked at in one command, however many there are, and those that have changed are read in another',
    async () => {
      const redis = await realServices.redis()
      const store = await RedisFeatureStore.open({
        mode: 'single',
        nodes: [`${redis.host}:${redis.port}`],
        partitions: MANY_PARTITIONS,
        timeToLiveMs: () => undefined,
      })
      const direct = new Redis({ host: redis.host, port: redis.port })
      const log = new SimulatedLog({ clock: () => millis(0) })
      await log.createTopics(topicSpecsOf(everything, MANY_PARTITIONS, Infinity))
      const progress = new RemoteProgress({
        log: Object.assign(log, {
          appendedEnds: async () => [],
          recentEnd: (topic: string, partition: number) => log.endOffset(topic, partition),
          firstFrom: async (_topic: string, _partition: number, offset: number) => offset,
        }),
        store,
        topology: everything,
        partitions: MANY_PARTITIONS,
        clock: systemClock,
        processed: () => undefined,
      })
      /** By their names: commands that hearing takes. */
      const commands = async (): Promise<Readonly<Record<string, number>>> => {
        await direct.config('RESETSTAT')
        await progress.hear()
        const told = await direct.info('commandstats')
        const calls = [...told.matchAll(/^cmdstat_(\w+):calls=(\d+)/gm)]
        return Object.fromEntries(
          calls
            .map(([, name, count]) => [name!, Number(count)] as const)
            .filter(([name]) => /get/.test(name)),
        )
      }
      const places = plansOf(everything).flatMap(({ keySpace }) =>
        Array.from({ length: MANY_PARTITIONS }, (_, partition) => ({ keySpace, partition })),
      )
      for (const place of places) await writeMark(store, place, { ...NO_MARK, sequence: 1 }, 0)
      // Marks that were not known are looked for once more, by what they say.
      expect(await commands()).toEqual({ mget: 3 })
      expect(progress.commits()).toBe(places.length)
      expect(await commands()).toEqual({ mget: 1 })
      await writeMark(store, places[70]!, { ...NO_MARK, sequence: 2 }, 1)
      expect(await commands()).toEqual({ mget: 2 })
      expect(progress.commits()).toBe(places.length + 1)
      direct.disconnect()
      await store.close()
      await redis.stop()
    },
    START_MS_MAX,
  )
})
