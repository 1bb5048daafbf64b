import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { systemClock } from '../../../cli/runtime/clock.ts'
import { ByteWriter } from '../../../engine/bytes.ts'
import type { EngineError } from '../../../engine/errors.ts'
import { KEY_SEPARATOR } from '../../../engine/key.ts'
import type { FollowedBlock, LogSession } from '../../../engine/log/port.ts'
import { SimulatedLog } from '../../../engine/log/simulated.ts'
import { CATALOGUE, CATALOGUE_NUMBER, REMOVED, REPEATED } from '../../../engine/state/block-cursor.ts'
import { FeatureSink } from '../../../features/sink/feature-sink.ts'
import type { ChangelogSource } from '../../../features/sink/source.ts'
import { markStoreOf, readMark, writeMark } from '../../../features/sink/task-mark.ts'
import { TaskSink } from '../../../features/sink/task-sink.ts'
import { RedisFeatureStore } from '../../../features/store/redis.ts'
import type { RedisStoreOptions } from '../../../features/store/redis/options.ts'
import { realServices } from '../../../services/index.ts'
import type { RedisClusterService } from '../../../services/port.ts'
import { missing, START_MS_MAX } from '../../services/here.ts'
import { DirectRedis } from './direct-redis.ts'

const noRedis = await missing('redis')
const TEST_MS_MAX = 180_000
const RUNS = 40
const POLL = { timeout: 3_000, interval: 10 }
/** A cluster needs some seconds to take a node back. */
const KILLED_POLL = { timeout: 30_000, interval: 50 }
const ANSWER_MS_MAX = 1_000
const LOST: unknown = expect.stringMatching(/^FEATURES_LOST: (likes|follows) of task user-0 is gone$/)
const PLACE = { keySpace: 'user', partition: 0 }
const TASK = 'user-0'
/** By their numbers in the changelog, from 1; the last one is not followed. */
const STORES = ['likes', 'follows', 'private']
const storesOf = (): readonly string[] => STORES.filter((store) => store !== 'private')

/** Row values by key, of each store; null takes a row away. */
type Changes = readonly { readonly store: number; readonly key: string; readonly value: string | null }[]

const writeEntry = (block: ByteWriter, store: number, key: Buffer, value: Buffer | null, flag = 0): void => {
  block.u16(store)
  block.u16(key.length)
  block.u32(value === null ? REMOVED : flag + value.length)
  block.bytes(key)
  if (value !== null) block.bytes(value)
}

/** A task that commits rows, and what they come to. */
class WritingTask {
  readonly rows = new Map<string, Buffer>()
  private readonly session: LogSession
  private offset = 0

  constructor(session: LogSession) {
    this.session = session
  }

  get sequence(): number {
    return this.session.sequence()
  }

  async commit(changes: Changes, { withAll = false } = {}): Promise<void> {
    for (const { store, key, value } of changes) {
      const id = `${STORES[store]}/${key}`
      if (value === null) this.rows.delete(id)
      else this.rows.set(id, Buffer.from(value))
    }
    const block = new ByteWriter()
    if (withAll || this.sequence === 0) this.writeCatalogue(block)
    if (withAll) this.writeAll(block)
    for (const { store, key, value } of changes) {
      writeEntry(block, store + 1, Buffer.from(key), value === null ? null : Buffer.from(value))
    }
    this.offset += changes.length
    const position = { topic: 'reactions', partition: 0, offset: this.offset, newest: this.offset }
    await this.session.commit({ positions: [position], outputs: [], changelog: block.copy() })
  }

  /** A changelog may begin anew with a block that repeats every row. */
  async trim(): Promise<void> {
    await this.repeat()
    await this.session.trimChangelog(this.sequence - 1)
  }

  repeat(): Promise<void> {
    return this.commit([], { withAll: true })
  }

  private writeCatalogue(block: ByteWriter): void {
    for (const [index, name] of [CATALOGUE, ...STORES].entries()) {
      const number = Buffer.alloc(2)
      number.writeUInt16LE(index)
      writeEntry(block, CATALOGUE_NUMBER, Buffer.from(name), number)
    }
  }

  private writeAll(block: ByteWriter): void {
    for (const [id, value] of this.rows) {
      const [store, key] = id.split('/') as [string, string]
      writeEntry(block, STORES.indexOf(store) + 1, Buffer.from(key), value, REPEATED)
    }
  }
}

/** As Kafka has it: what a read has not come past, after the last block, is the marker of its transaction. */
const withMarkers = (log: SimulatedLog): ChangelogSource => ({
  onAppend: (listener) => log.onAppend(listener),
  follow: async (taskId, afterSequence) => {
    const follower = await log.follow(taskId, afterSequence)
    let markers = 0
    return {
      read: async (bytesMax) => {
        const blocks = await follower.read(bytesMax)
        markers = blocks.length > 0 ? 1 : 0
        return blocks
      },
      remaining: () => follower.remaining() + markers,
    }
  },
})

const aKey = fc.constantFrom('a', 'b', 'c', `d${String.fromCodePoint(KEY_SEPARATOR)}e`)
const someChanges = fc.array(
  fc.record({
    store: fc.nat({ max: STORES.length - 1 }),
    key: aKey,
    value: fc.option(fc.string({ minLength: 1, maxLength: 8, unit: 'binary-ascii' }), { freq: 3 }),
  }),
  { maxLength: 6 },
)
const anAction = fc.oneof(
  { weight: 8, arbitrary: someChanges.map((changes) => ({ kind: 'commit', changes }) as const) },
  { weight: 1, arbitrary: fc.constant({ kind: 'trim' } as const) },
  { weight: 2, arbitrary: fc.constant({ kind: 'restart' } as const) },
  { weight: 1, arbitrary: fc.constant({ kind: 'stop' } as const) },
  { weight: 1, arbitrary: fc.constant({ kind: 'twin' } as const) },
  { weight: 1, arbitrary: fc.nat({ max: 2 }).map((node) => ({ kind: 'flush', node }) as const) },
)

type Mode = RedisStoreOptions['mode']

const startRedis = async (mode: Mode): Promise<RedisClusterService> => {
  if (mode === 'cluster') return realServices.redisCluster()
  const redis = await realServices.redis()
  return { nodes: [redis], stop: () => redis.stop() }
}

describe.skipIf(noRedis !== undefined).each<Mode>(['single', 'cluster'])(
  `rows carried to Redis, %s ${noRedis ?? ''}`,
  (mode) => {
    let redis: RedisClusterService
    let direct: DirectRedis

    beforeAll(async () => {
      redis = await startRedis(mode)
      direct = new DirectRedis(mode, redis.nodes)
    }, START_MS_MAX)
    afterAll(async () => {
      direct.close()
      await redis.stop()
    })

    /** Of each run its own. */
    let runs = 0
    const openStore = (prefix: string, answerMsMax = 20_000): Promise<RedisFeatureStore> =>
      RedisFeatureStore.open({
        prefix,
        nodes: redis.nodes.map(({ host, port }) => `${host}:${port}`),
        mode,
        partitions: 1,
        timeToLiveMs: () => undefined,
        answerMsMax,
      })
    const openLog = async (): Promise<SimulatedLog> => {
      const log = new SimulatedLog({ clock: () => systemClock.now(), dropsTrimmed: true })
      await log.createTopics([{ name: 'reactions', partitions: 1, retentionMs: Infinity }])
      return log
    }
    const sinkOn = async (
      log: ChangelogSource,
      store: RedisFeatureStore,
      wanted: readonly string[] = storesOf(),
      failed: (error: EngineError) => void = () => undefined,
    ): Promise<FeatureSink> => {
      const monotonicMs = (): number => systemClock.monotonicMs()
      const sink = new FeatureSink({
        log,
        store,
        storesOf: () => wanted,
        monotonicMs,
        failed,
        checkMs: 50,
      })
      await sink.assign([PLACE])
      return sink
    }

    /** A task whose rows are carried. */
    const begun = async () => {
      const log = await openLog()
      const task = new WritingTask(await log.session(TASK))
      const prefix = `${runs++}-`
      const store = await openStore(prefix)
      return { log, task, prefix, store, sink: await sinkOn(log, store) }
    }
    const sequenceOf = async (store: RedisFeatureStore): Promise<number> =>
      (await readMark(store, PLACE)).sequence

    /** Every row that Redis holds of stores, as text. */
    const rowsOnRedis = async (prefix: string): Promise<Map<string, string>> => {
      const rows = new Map<string, string>()
      for (const key of await direct.keys(`${prefix}*`)) {
        const [, store, rest] = /^[0-9]+-\{([a-z]+)\.0\}:(.*)$/s.exec(key) ?? []
        if (store !== undefined) rows.set(`${store}/${rest}`, (await direct.get(key)) ?? '')
      }
      return rows
    }

    test(
      'are those that the task committed, whatever becomes of who carries them and of Redis itself',
      async () => {
        await fc.assert(
          fc.asyncProperty(fc.array(anAction, { minLength: 4, maxLength: 14 }), async (actions) => {
            const prefix = `${runs++}-`
            const log = await openLog()
            const task = new WritingTask(await log.session(TASK))
            const store = await openStore(prefix)
            let sinks = [await sinkOn(log, store)]
            const stop = async (): Promise<void> => {
              for (const sink of sinks) await sink.close()
              sinks = []
            }
            try {
              for (const action of actions) {
                if (action.kind === 'commit') await task.commit(action.changes)
                else if (action.kind === 'trim') await task.trim()
                else if (action.kind === 'flush') await direct.flush(action.node)
                else if (action.kind === 'twin') sinks.push(await sinkOn(log, store))
                else await stop()
                if (action.kind === 'restart') sinks.push(await sinkOn(log, store))
              }
              if (sinks.length === 0) sinks.push(await sinkOn(log, store))
              const wanted = new Map(
                [...task.rows]
                  .filter(([id]) => !id.startsWith('private'))
                  .map(([id, row]) => [id, row.toString()]),
              )
              await expect.poll(() => rowsOnRedis(prefix), POLL).toEqual(wanted)
              await expect.poll(() => sequenceOf(store), POLL).toBe(task.sequence)
            } finally {
              await stop()
              await store.close()
            }
          }),
          { numRuns: RUNS },
        )
      },
      TEST_MS_MAX,
    )

    test.each(['likes', 'mark:user'])('come, too, after somebody died at clearing %s', async (cleared) => {
      const { log, task, prefix, store, sink } = await begun()
      await sink.close()
      await task.commit([{ store: 0, key: 'a', value: 'one' }])
      await direct.set(`${prefix}{${cleared}.0}`, 'clearing 1')
      await direct.set(`${prefix}{${cleared}.0}:b`, 'not cleared yet')
      const next = await sinkOn(log, store)
      await expect.poll(() => sequenceOf(store), POLL).toBe(1)
      expect(await rowsOnRedis(prefix)).toEqual(new Map([['likes/a', 'one']]))
      expect(await direct.exists(`${prefix}{${cleared}.0}:b`)).toBe(0)
      await next.close()
      await store.close()
    })

    test(
      'are carried anew where a node was killed and came back empty: the loss is found by who carries, if nothing changes',
      async () => {
        const log = await openLog()
        const task = new WritingTask(await log.session(TASK))
        const prefix = `${runs++}-`
        const store = await openStore(prefix, ANSWER_MS_MAX)
        const failures: string[] = []
        const sink = await sinkOn(log, store, storesOf(), ({ code, detail }) =>
          failures.push(`${code}: ${detail}`),
        )
        await task.commit([
          { store: 0, key: 'a', value: 'one' },
          { store: 1, key: 'b', value: 'two' },
        ])
        const wanted = new Map([
          ['likes/a', 'one'],
          ['follows/b', 'two'],
        ])
        await expect.poll(() => sequenceOf(store), POLL).toBe(1)
        const held = await Promise.all(redis.nodes.map((_, node) => direct.keysOn(node, `${prefix}*`)))
        for (const [index, node] of redis.nodes.entries()) {
          failures.length = 0
          await node.process.kill()
          await node.process.restart()
          const lost = held[index]!.join()
          // Where the mark is gone there is nothing that others could be at odds with: all is read from the beginning.
          const isMissed = /likes|follows/.test(lost) && !lost.includes('mark')
          if (isMissed) await expect.poll(() => failures, KILLED_POLL).toContainEqual(LOST)
          await expect.poll(() => rowsOnRedis(prefix).catch(String), KILLED_POLL).toEqual(wanted)
          await expect.poll(() => sequenceOf(store).catch(String), KILLED_POLL).toBe(1)
        }
        await sink.close()
        await store.close()
      },
      TEST_MS_MAX,
    )

    test('tell how far the task had read, once all its rows are there', async () => {
      const { task, store, sink } = await begun()
      await task.commit([{ store: 0, key: 'a', value: 'one' }])
      await task.commit([{ store: 2, key: 'a', value: 'two' }])
      await expect
        .poll(() => readMark(store, PLACE))
        .toMatchObject({ sequence: 2, newest: 2, inputs: { reactions: 2 }, changed: { likes: 1 } })
      expect(sink.lag()).toEqual({ offsets: 0, unknown: 0 })
      await sink.close()
      await store.close()
    })

    describe('tell that all of them are there', () => {
      const isWhole = async (store: RedisFeatureStore): Promise<boolean> =>
        (await readMark(store, PLACE)).whole.length === storesOf().length

      test('though the marker of a transaction follows the last block', async () => {
        const log = await openLog()
        const task = new WritingTask(await log.session(TASK))
        const store = await openStore(`${runs++}-`)
        await task.commit([{ store: 0, key: 'a', value: 'one' }])
        const sink = await sinkOn(withMarkers(log), store)
        await expect.poll(() => isWhole(store), POLL).toBe(true)
        await sink.close()
        await store.close()
      })

      test('though as many rows as are written at once end with the last block', async () => {
        const log = await openLog()
        const task = new WritingTask(await log.session(TASK))
        const store = await openStore(`${runs++}-`)
        const many = Array.from({ length: 4_000 }, (_, index) => ({
          store: 0,
          key: `${index}`,
          value: 'one',
        }))
        await task.commit(many)
        const sink = await sinkOn(log, store)
        await expect.poll(() => isWhole(store), POLL).toBe(true)
        await sink.close()
        await store.close()
      })

      test('though nothing comes, and the last mark does not: they are carried anew', async () => {
        const { log, task, store, sink: first } = await begun()
        await task.commit([{ store: 0, key: 'a', value: 'one' }])
        await expect.poll(() => isWhole(store), POLL).toBe(true)
        await first.close()
        const mark = await readMark(store, PLACE)
        await store.clear(markStoreOf(PLACE.keySpace), PLACE.partition)
        await writeMark(store, PLACE, { ...mark, whole: [] }, 0)
        expect(await isWhole(store)).toBe(false)
        const sink = await sinkOn(log, store)
        await expect.poll(() => isWhole(store), POLL).toBe(true)
        await sink.close()
        await store.close()
      })
    })

    describe('that have not changed and are only repeated', () => {
      test('are passed over once all are there, and read by who begins anew', async () => {
        const { log, task, prefix, store, sink: first } = await begun()
        await task.commit([{ store: 0, key: 'a', value: 'one' }])
        await expect.poll(() => sequenceOf(store), POLL).toBe(1)
        const [row] = await direct.keys(`${prefix}*:a`)
        await direct.set(row!, 'as it was left')
        await task.repeat()
        await expect.poll(() => sequenceOf(store), POLL).toBe(2)
        expect(await rowsOnRedis(prefix)).toEqual(new Map([['likes/a', 'as it was left']]))
        await first.close()
        for (const key of await direct.keys(`${prefix}*`)) await direct.del(key)
        await task.trim()
        const anew = await sinkOn(log, store)
        await expect.poll(() => rowsOnRedis(prefix), POLL).toEqual(new Map([['likes/a', 'one']]))
        await anew.close()
        await store.close()
      })

      test('are read, too, where a store is wanted that was not before', async () => {
        const { log, task, prefix, store, sink } = await begun()
        await task.commit([
          { store: 0, key: 'a', value: 'one' },
          { store: 2, key: 'b', value: 'two' },
        ])
        await expect.poll(() => sequenceOf(store), POLL).toBe(1)
        await task.trim()
        await expect.poll(() => sequenceOf(store), POLL).toBe(2)
        await sink.close()
        const all = await sinkOn(log, store, STORES)
        const wanted = [
          ['likes/a', 'one'],
          ['private/b', 'two'],
        ] as const
        await expect.poll(() => rowsOnRedis(prefix), POLL).toEqual(new Map(wanted))
        await all.close()
        await store.close()
      })
    })

    test('that are closed follow nothing any more, whatever tasks they are given while a worker leaves', async () => {
      const log = await openLog()
      await (await log.session(TASK)).close()
      const store = await openStore(`${runs++}-`)
      const sink = await sinkOn(log, store)
      const closing = sink.close()
      const assigned = sink.assign([PLACE])
      // Of a task that is followed nothing would be known yet.
      expect(sink.lag()).toEqual({ offsets: 0, unknown: 0 })
      await Promise.all([closing, assigned])
      await store.close()
    })

    test('that are let go of in the midst of a read stop after it, and wait for no news', async () => {
      const log = await openLog()
      await (await log.session(TASK)).close()
      const store = await openStore(`${runs++}-`)
      const reading = Promise.withResolvers<void>()
      const goOn = Promise.withResolvers<void>()
      const follow: ChangelogSource['follow'] = async (taskId, afterSequence) => {
        const follower = await log.follow(taskId, afterSequence)
        const read = async (bytesMax: number): Promise<readonly FollowedBlock[]> => {
          reading.resolve()
          await goOn.promise
          return follower.read(bytesMax)
        }
        return { read, remaining: () => follower.remaining() }
      }
      let sleeps = 0
      const sink = new TaskSink(PLACE, {
        log: { follow, onAppend: (listener) => log.onAppend(listener) },
        store,
        storesOf,
        sleep: async () => void sleeps++,
        monotonicMs: () => systemClock.monotonicMs(),
        checkMs: Infinity,
        failed: () => undefined,
      })
      sink.start()
      await reading.promise
      const stopped = sink.stop()
      goOn.resolve()
      await stopped
      expect(sleeps).toBe(0)
      await store.close()
    })
  },
)
