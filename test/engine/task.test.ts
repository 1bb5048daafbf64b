import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CRASH_STEPS, Driver, type DriverOptions } from '../../engine/driver/driver.ts'
import { on, type Processor } from '../../engine/processor.ts'
import type { Topic } from '../../engine/topic.ts'
import { node, topology } from '../../engine/topology.ts'
import { millis } from '../../schemas/ids.ts'
import {
  byMinute,
  byPair,
  closings,
  countOf,
  counting,
  MINUTE_MS,
  taps,
  type Count,
  type Tap,
} from './counting.ts'
import { NotedMetrics, Rig, turns } from './rig.ts'

/** A whole minute, days before the clocks of driver and rig. */
const AT = 1_749_600_000_000
const tap = (id: string, changes: Partial<Tap> = {}): Tap => ({
  id,
  user: 'ann',
  author: 'bob',
  amount: 1,
  at: AT,
  ...changes,
})

const start = (options: Partial<DriverOptions> = {}): Promise<Driver> =>
  Driver.start(counting, { partitions: 2, workers: 1, ...options })

const pairOf = async (driver: Driver, user = 'ann'): Promise<number> =>
  countOf(await driver.row('by-pair', user, 'bob')) ?? 0

describe('an event published twice', () => {
  it('counts once, in one batch or in two', async () => {
    const driver = await start()
    await driver.publish(taps, tap('1'))
    await driver.publish(taps, tap('1'))
    await driver.settle()
    await driver.publish(taps, tap('1'))
    await driver.settle()
    expect(await pairOf(driver)).toBe(1)
    expect(countOf(await driver.row('by-author', 'bob'))).toBe(1)
  })

  it.each(CRASH_STEPS)('counts once across a crash at %s', async (step) => {
    const driver = await start({ worker: { state: smallState } })
    await driver.publish(taps, tap('1'))
    driver.crash(step, 0)
    await driver.settle()
    await driver.publish(taps, tap('1'))
    await driver.publish(taps, tap('2'))
    driver.crash(step, 0)
    await driver.settle()
    expect(await pairOf(driver)).toBe(2)
    expect(countOf(await driver.row('by-author', 'bob'))).toBe(2)
  })

  it('counts once across rebalances, handed over or taken for dead', async () => {
    for (let seed = 0; seed < 10; seed++) {
      const driver = await start({ seed, worker: { changelog: 'keep' } })
      for (let each = 0; each < 6; each++) {
        await driver.publish(taps, tap('1'))
        await driver.publish(taps, tap(`more-${each}`))
        if (each % 2 === 0) await driver.round()
        await driver.rebalance(1 + (each % 3))
      }
      await driver.settle()
      expect(await pairOf(driver), `seed ${seed}`).toBe(7)
    }
  })

  it('counts once within the horizon of ids: among the last N of its partition, never beyond 2N', async () => {
    const idsMax = 16
    for (const between of [0, idsMax - 1, 2 * idsMax]) {
      const driver = await start({ partitions: 1, worker: { eventIdsMax: idsMax } })
      await driver.publish(taps, tap('again'))
      for (let each = 0; each < between; each++) await driver.publish(taps, tap(`other-${each}`))
      await driver.publish(taps, tap('again'))
      await driver.settle()
      expect(await pairOf(driver), `${between} between`).toBe(between + (between < idsMax ? 1 : 2))
    }
  })
})

const smallState = { cacheBytesMax: 0, changelogBytesMax: 0, writeBehindRowsMax: 1, changelogBlocksMax: 1 }

describe('late events', () => {
  it('are counted as late and processed all the same', async () => {
    const metrics = new NotedMetrics()
    const driver = await start({ metrics })
    await driver.publish(taps, tap('1', { at: AT + 10 * MINUTE_MS }))
    await driver.settle()
    await driver.publish(taps, tap('in grace', { at: AT + 8 * MINUTE_MS }))
    await driver.publish(taps, tap('late', { at: AT + 8 * MINUTE_MS - 1 }))
    await driver.settle()
    expect(await pairOf(driver)).toBe(3)
    expect(metrics.counts.get('late_events taps')).toBe(1)
    expect(metrics.counts.get('events taps')).toBe(3)
  })

  it('are told to the processor, with its watermark', async () => {
    const seen: [string, boolean, number][] = []
    const noting: Processor<Count> = {
      ...byPair,
      handlers: [
        on<Tap, Count>({
          input: taps,
          key: (each, key) => key.id(each.user),
          process: (each, _, context) => {
            seen.push([each.id, context.late, context.watermark])
            expect(context.time).toBe(each.at)
            return false
          },
        }),
      ],
    }
    const driver = await Driver.start(topology('noting', 'notes', [node(noting)]), {
      partitions: 1,
      workers: 1,
    })
    for (const [id, minute] of [
      ['first', 10],
      ['older', 1],
      ['newest', 20],
      ['late', 9],
    ] as const) {
      await driver.publish(taps, tap(id, { at: AT + minute * MINUTE_MS }))
      await driver.settle()
    }
    expect(seen).toEqual([
      ['first', false, -Infinity],
      ['older', true, AT + 8 * MINUTE_MS],
      ['newest', false, AT + 8 * MINUTE_MS],
      ['late', true, AT + 18 * MINUTE_MS],
    ])
  })
})

/** Sets the timers that an event names and emits a closing for each that fires. */
const timing: Processor<Count> = {
  ...byMinute,
  name: 'timing',
  handlers: [
    on<Tap, Count>({
      input: taps,
      key: (each, key) => key.id(each.user),
      process: (each, state, context) => {
        state.count++
        context.timer(millis(each.at + each.amount))
        return true
      },
    }),
  ],
  onTimer: (at, [user], state, context) => {
    context.emit(closings, { user: user!, minute: at, amount: state.count })
    return false
  },
}
const timers = topology('timers', 'timers', [node(timing)])

/** Far enough beyond everything that every timer is due. */
const flush = async (driver: Driver, at: number): Promise<void> => {
  await driver.publish(taps, tap(`flush-${at}`, { user: 'flush', at, amount: 10 ** 9 }))
  await driver.settle()
}

describe('timers', () => {
  it('fire when the watermark reaches them, not before, oldest first, each once', async () => {
    const driver = await Driver.start(timers, { partitions: 1, workers: 1 })
    for (const [index, amount] of [50_000, 10_000, 30_000, 10_000].entries()) {
      await driver.publish(taps, tap(`${index}`, { amount }))
    }
    await driver.settle()
    expect(await driver.records(closings)).toEqual([])
    await driver.publish(taps, tap('almost', { at: AT + 2 * MINUTE_MS + 9_999, amount: 10 ** 9 }))
    await driver.settle()
    expect(await driver.records(closings)).toEqual([])
    await driver.publish(taps, tap('then', { at: AT + 2 * MINUTE_MS + 10_000, amount: 10 ** 9 }))
    await driver.settle()
    expect((await driver.records(closings)).map(({ minute }) => minute - AT)).toEqual([10_000])
    await flush(driver, AT + 60 * MINUTE_MS)
    expect((await driver.records(closings)).map(({ minute }) => minute - AT)).toEqual([
      10_000, 30_000, 50_000,
    ])
  })

  it('of a past time fire at once', async () => {
    const driver = await Driver.start(timers, { partitions: 1, workers: 1 })
    await flush(driver, AT + 60 * MINUTE_MS)
    await driver.publish(taps, tap('late', { amount: 1 }))
    await driver.settle()
    expect((await driver.records(closings)).map(({ minute }) => minute)).toEqual([AT + 1])
  })

  it('fire all, though more are due than one batch fires', async () => {
    const driver = await Driver.start(timers, { partitions: 1, workers: 1, worker: { timersMax: 3 } })
    for (let each = 0; each < 100; each++) await driver.publish(taps, tap(`${each}`, { amount: 1 + each }))
    await flush(driver, AT + 60 * MINUTE_MS)
    const fired = (await driver.records(closings)).map(({ minute }) => minute - AT)
    expect(fired).toEqual(Array.from({ length: 100 }, (_, index) => index + 1))
  })

  it.each(CRASH_STEPS)('survive a crash at %s, and none fires twice', async (step) => {
    const driver = await Driver.start(timers, {
      partitions: 2,
      workers: 2,
      worker: { state: smallState, timersMax: 2 },
    })
    for (let each = 0; each < 20; each++) {
      await driver.publish(taps, tap(`${each}`, { user: `user-${each % 5}`, amount: 1 + each }))
    }
    for (const worker of [0, 1]) driver.crash(step, worker)
    await driver.settle()
    for (const worker of [0, 1]) driver.crash(step, worker)
    for (const user of ['user-0', 'user-1', 'user-2', 'user-3', 'user-4']) {
      await driver.publish(taps, tap(`flush ${user}`, { user, at: AT + 60 * MINUTE_MS, amount: 10 ** 9 }))
    }
    await driver.settle()
    const fired = (await driver.records(closings)).map(({ minute }) => minute - AT).sort((a, b) => a - b)
    expect(fired).toEqual(Array.from({ length: 20 }, (_, index) => index + 1))
  })

  it('go with their task in a rebalance', async () => {
    for (let seed = 0; seed < 5; seed++) {
      const driver = await Driver.start(timers, {
        seed,
        partitions: 3,
        workers: 1,
        worker: { changelog: 'keep' },
      })
      for (let each = 0; each < 20; each++) {
        await driver.publish(taps, tap(`${each}`, { user: `user-${each % 5}`, amount: 1 + each }))
      }
      await driver.settle()
      await driver.rebalance(3)
      for (let user = 0; user < 5; user++) {
        const late = { user: `user-${user}`, at: AT + 60 * MINUTE_MS, amount: 10 ** 9 }
        await driver.publish(taps, tap(`flush-${user}`, late))
      }
      await driver.rebalance(2)
      await driver.settle()
      expect((await driver.records(closings)).length, `seed ${seed}`).toBe(20)
    }
  })

  it('belong to their processor even if it has a name that the engine might have used', async () => {
    for (const name of ['timers', 'catalogue']) {
      const named = topology('named', 'named', [node({ ...timing, name }), node(byPair)])
      const driver = await Driver.start(named, { partitions: 1, workers: 1, worker: { state: smallState } })
      for (let each = 0; each < 5; each++) await driver.publish(taps, tap(`${each}`, { amount: 1 + each }))
      await driver.settle()
      driver.crash('before-commit', 0)
      await flush(driver, AT + 60 * MINUTE_MS)
      expect(await driver.records(closings), name).toHaveLength(5)
      const rows = [...(await driver.state()).keys()].filter((row) => row.startsWith(`${name}/`))
      expect(rows).toEqual([`${name}/ann`, `${name}/flush`])
    }
  })
})

/** Like taps, and read by the same task. */
const others: Topic<Tap> = { ...taps, name: 'others', graceMs: 0 }
const order: string[] = []
const merging = topology('merging', 'merges', [
  node<Count>({
    ...timing,
    handlers: [taps, others].map((input) =>
      on<Tap, Count>({
        input,
        key: (each, key) => key.id(each.user),
        process: (each, _, context) => {
          order.push(each.id)
          context.timer(millis(each.at))
          return false
        },
      }),
    ),
  }),
])

describe('the watermark of a task', () => {
  const firedAt = async (driver: Driver): Promise<number[]> =>
    (await driver.records(closings)).map(({ minute }) => minute - AT)

  it('is that of its slowest input, until that is idle', async () => {
    const driver = await Driver.start(merging, { partitions: 1, workers: 1, worker: { idleMs: 10_000 } })
    await driver.publish(taps, tap('slow', { at: AT + 2 * MINUTE_MS }))
    await driver.publish(others, tap('fast', { at: AT + 30 * MINUTE_MS }))
    await driver.settle()
    expect(await firedAt(driver), 'taps reach to its time less two minutes of grace').toEqual([])
    driver.advance(10_000)
    await driver.publish(others, tap('still fast', { at: AT + 30 * MINUTE_MS }))
    await driver.settle()
    expect(await firedAt(driver)).toEqual([2 * MINUTE_MS, 30 * MINUTE_MS])
  })

  it('stands still in a quiet system, however much wall time passes', async () => {
    const driver = await Driver.start(merging, { partitions: 1, workers: 1, worker: { idleMs: 10_000 } })
    await driver.publish(taps, tap('last', { at: AT + 2 * MINUTE_MS }))
    await driver.settle()
    for (let hour = 0; hour < 10; hour++) {
      driver.advance(3_600_000)
      await driver.settle()
    }
    expect(await firedAt(driver)).toEqual([])
  })

  it('is not held back by a partition that brings nothing', async () => {
    const driver = await Driver.start(timers, { partitions: 8, workers: 1 })
    await driver.publish(taps, tap('1', { amount: 1 }))
    await driver.publish(taps, tap('2', { at: AT + 10 * MINUTE_MS }))
    await driver.settle()
    expect(await firedAt(driver)).toEqual([1])
  })

  it.each(['none', 'a crash', 'a release'] as const)(
    'never goes back, even where it left an idle input behind: what is late is late after %s',
    async (restart) => {
      const rig = await Rig.start(merging, { worker: { idleMs: 10_000 } })
      let worker = await rig.worker()
      await rig.publish(taps, tap('slow', { at: AT + 2 * MINUTE_MS }))
      await rig.settle(worker)
      rig.clock.advance(10_000)
      await rig.publish(others, tap('fast', { at: AT + 30 * MINUTE_MS }))
      await rig.settle(worker)
      expect(rig.metrics.counts.get('timers_fired user-0')).toBe(2)
      if (restart === 'a crash') await worker.abandon()
      else if (restart === 'a release') await worker.release(worker.taskIds())
      if (restart !== 'none') worker = await rig.worker()
      await rig.publish(others, tap('late', { at: AT + 20 * MINUTE_MS }))
      await rig.settle(worker)
      expect(rig.metrics.counts.get('late_events others')).toBe(1)
      expect(rig.metrics.counts.get('timers_fired user-0')).toBe(3)
    },
  )

  it('is not taken up from a clock that was ahead: nothing is late, and no timer early, after it was set right', async () => {
    const rig = await Rig.start(merging)
    const before = await rig.worker()
    const aheadMs = 1_000 * 60 * MINUTE_MS
    rig.clock.advance(aheadMs)
    await rig.publish(taps, tap('ahead', { at: rig.clock.now() }))
    await rig.settle(before)
    await before.release(before.taskIds())
    rig.clock.advance(-aheadMs)
    const worker = await rig.worker()
    rig.clock.advance(10 * MINUTE_MS)
    await rig.publish(taps, tap('now', { at: rig.clock.now() }))
    await rig.settle(worker)
    expect(rig.metrics.counts.get('late_events taps')).toBeUndefined()
    expect(rig.metrics.counts.get('timers_fired user-0')).toBeUndefined()
  })

  it('is taken up where the last commit left it', async () => {
    const driver = await Driver.start(timers, { partitions: 1, workers: 1 })
    await flush(driver, AT + 60 * MINUTE_MS)
    driver.crash('after-state', 0)
    await driver.publish(taps, tap('late', { amount: 1, at: AT }))
    await driver.settle()
    expect(await firedAt(driver)).toEqual([1])
  })
})

describe('the inputs of a task', () => {
  it('are merged oldest event time first, whichever topic it lies in', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.boolean(), fc.nat(1_000_000)), { maxLength: 60 }),
        async (events) => {
          order.length = 0
          const rig = await Rig.start(merging)
          const inOrder = events.map(([other, offset], index) => ({ other, at: AT + offset, id: `${index}` }))
          // Within a topic, offsets decide; so each topic is published in time order.
          inOrder.sort((one, another) => one.at - another.at || Number(one.other) - Number(another.other))
          await rig.publish(
            taps,
            ...inOrder.filter(({ other }) => !other).map(({ id, at }) => tap(id, { at })),
          )
          await rig.publish(
            others,
            ...inOrder.filter(({ other }) => other).map(({ id, at }) => tap(id, { at })),
          )
          const worker = await rig.worker()
          await rig.settle(worker)
          expect(order).toEqual(inOrder.map(({ id }) => id))
        },
      ),
      { numRuns: 40 },
    )
  })
})

describe('a folded topic', () => {
  it('gets one record per key and commit, however many events there are', async () => {
    const rig = await Rig.start(counting, {
      worker: { commitIntervalMs: 10_000, idleCommitIntervalMs: 10_000 },
    })
    const worker = await rig.worker()
    const viral = Array.from({ length: 5_000 }, (_, index) => tap(`${index}`, { user: `user-${index % 50}` }))
    await rig.publish(taps, ...viral, tap('other', { author: 'cyd' }))
    for (let round = 0; round < 5; round++) await worker.round()
    expect(rig.log.endOffset('totals', 0), 'nothing before the commit').toBe(0)
    await rig.settle(worker)
    expect(rig.log.endOffset('totals', 0)).toBe(2)
    const key = Buffer.from('bob')
    expect(countOf((await (await worker.storeOf('by-author', key))!.readMany([key]))[0])).toBe(5_000)
  })
})

describe('a commit', () => {
  it('in the midst of a batch is refused', async () => {
    const committing: { run: (() => Promise<void>) | undefined } = { run: undefined }
    const failures: unknown[] = []
    const reentrant: Processor<Count> = {
      ...byPair,
      handlers: [
        on<Tap, Count>({
          input: taps,
          key: (each, key) => key.id(each.user) && key.id(each.author),
          process: (_, state) => {
            state.count++
            committing.run?.().catch((error: unknown) => failures.push(error))
            return true
          },
        }),
      ],
    }
    const rig = await Rig.start(topology('reentrant', 'reentrant', [node(reentrant)]))
    const task = await rig.task()
    committing.run = () => task.commit()
    await rig.publish(taps, tap('1'), tap('2'))
    await task.poll()
    await turns()
    expect(failures.map(String)).toEqual([])
    committing.run = undefined
    await rig.publish(taps, tap('3'))
    await task.poll()
    committing.run = () => task.commit()
    await rig.publish(taps, tap('4'))
    await task.poll()
    await turns()
    expect(failures.map(String)).toEqual(['TypeError: a commit must not begin in the midst of a batch'])
    await task.commit()
    expect(rig.logDisk.task('user-0').sequence).toBe(1)
  })

  it('of nothing is none', async () => {
    const rig = await Rig.start(counting)
    const task = await rig.task()
    await task.poll()
    expect(task.dirty).toBe(false)
    await task.commit()
    expect(rig.logDisk.task('user-0').sequence).toBe(0)
  })
})

describe('metrics', () => {
  it('tell what was processed, put aside and taken back, and how far it is', async () => {
    const rig = await Rig.start(counting, { worker: { metricsIntervalMs: 0 } })
    const worker = await rig.worker()
    await rig.publish(taps, tap('1'), tap('1'), tap('2'), tap('poison', { amount: 666 }))
    await rig.settle(worker)
    await rig.publish(taps, tap('3', { at: AT + 10 * MINUTE_MS }))
    await rig.settle(worker)
    await rig.publish(taps, tap('late'), tap('future', { at: rig.clock.now() + 10 * MINUTE_MS }))
    await rig.settle(worker)
    const { counts, gauges, observations } = rig.metrics
    expect(Object.fromEntries([...counts].filter(([name]) => /taps|timers|user-0/.test(name)))).toEqual({
      'events taps': 4,
      'duplicate_events taps': 1,
      'late_events taps': 1,
      'dead_letters taps PROCESS_FAILED': 1,
      'dead_letters taps TIME_IN_FUTURE': 1,
      // One closing when time moved on, one for the late tap; a total each of three commits; two dead letters.
      'emitted_records user-0': 7,
      'timers_fired user-0': 2,
      'commits user-0': expect.any(Number),
    })
    expect(gauges.get('lag_records user-0 taps')).toBe(0)
    expect(gauges.get('watermark_ms user-0')).toBe(AT + 8 * MINUTE_MS)
    expect(gauges.get('state_bytes user-0')).toBeGreaterThan(0)
    expect(gauges.get('changelog_backlog_bytes user-0')).toBeGreaterThan(0)
    expect(gauges.get('pending_timers user-0')).toBe(1)
    expect(observations.get('batch_events user-0')).toEqual([4, 1, 2])
    expect(observations.get('commit_ms user-0')).toHaveLength(counts.get('commits user-0')!)
    expect(observations.get('restore_ms user-0')).toEqual([0])
  })

  it('tell the lag before it is worked off', async () => {
    const rig = await Rig.start(counting, { worker: { metricsIntervalMs: 0, batchEventsMax: 10 } })
    const worker = await rig.worker()
    await rig.publish(taps, ...Array.from({ length: 25 }, (_, index) => tap(`${index}`)))
    const lags: (number | undefined)[] = []
    for (let round = 0; round < 3; round++) {
      await worker.round()
      lags.push(rig.metrics.gauges.get('lag_records user-0 taps'))
    }
    expect(lags).toEqual([15, 5, 0])
  })
})

describe('batches', () => {
  it('are short while somebody waits for the thread, and nothing is left out', async () => {
    let room = Infinity
    const rig = await Rig.start(counting, {
      worker: { metricsIntervalMs: 0, batchEventsMax: 10 },
      batchEvents: () => room,
    })
    const worker = await rig.worker()
    await rig.publish(taps, ...Array.from({ length: 25 }, (_, index) => tap(`${index}`)))
    const lags: (number | undefined)[] = []
    for (const now of [Infinity, 3, 4, 20]) {
      room = now
      await worker.round()
      lags.push(rig.metrics.gauges.get('lag_records user-0 taps'))
    }
    expect(lags).toEqual([15, 12, 8, 0])
  })
})
