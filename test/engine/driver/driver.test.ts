import { describe, expect, it } from 'vitest'
import { CRASH_STEPS, Driver, type DriverOptions } from '../../../engine/driver/driver.ts'
import { EngineError } from '../../../engine/errors.ts'
import type { Mapper } from '../../../engine/processor.ts'
import { node, topology } from '../../../engine/topology.ts'
import { byPair, closings, countOf, counting, MINUTE_MS, taps, type Tap } from '../counting.ts'

const AT = 1_749_600_000_000
const tap = (index: number): Tap => ({
  id: `tap-${index}`,
  user: `user-${index % 7}`,
  author: `author-${index % 3}`,
  amount: 1,
  at: AT + index * 5_000,
})

const start = (options: Partial<DriverOptions> = {}): Promise<Driver> => Driver.start(counting, options)

/** A run with a bit of everything, drawn from the driver's own seed. */
const eventful = async (seed: number): Promise<Driver> => {
  const driver = await start({ seed, worker: { changelog: 'keep', batchEventsMax: 5 } })
  for (let index = 0; index < 60; index++) {
    await driver.publish(taps, tap(index))
    if (driver.random.chance(0.2)) driver.crash(driver.random.pick(CRASH_STEPS))
    if (driver.random.chance(0.1)) await driver.rebalance(1 + driver.random.below(3))
    if (driver.random.chance(0.5)) await driver.round()
  }
  await driver.settle()
  return driver
}

/** Every commit of every task and every record of every topic, byte for byte. */
const traceOf = ({ logDisk }: Driver): string[] => {
  const trace: string[] = []
  for (const task of ['user-0', 'user-1', 'user-2', 'author-0', 'author-1', 'author-2']) {
    const { sequence, positions, changelog } = logDisk.task(task)
    trace.push(`${task} ${sequence} ${JSON.stringify(positions)}`)
    for (const block of changelog) trace.push(`${task} ${block.sequence} ${block.bytes.toString('hex')}`)
  }
  for (const topic of ['taps', 'totals', 'closings', 'taps.dead-letters']) {
    for (const partition of [0, 1, 2]) {
      for (const { baseOffset, frame, appendedAt } of logDisk.partition(topic, partition).frames) {
        trace.push(`${topic} ${partition} ${baseOffset} ${appendedAt} ${frame.bytes.toString('hex')}`)
      }
    }
  }
  return trace
}

describe('a run of the driver', () => {
  it('is a function of its seed: every commit is the same, byte for byte', async () => {
    for (let seed = 0; seed < 5; seed++) {
      const [one, other] = [await eventful(seed), await eventful(seed)]
      expect(traceOf(one).length).toBeGreaterThan(50)
      expect(traceOf(other)).toEqual(traceOf(one))
      expect(other.now).toBe(one.now)
    }
    expect(traceOf(await eventful(1))).not.toEqual(traceOf(await eventful(2)))
  })

  it('ends with the same state whatever its seed', async () => {
    const expected = await (await eventful(0)).state()
    expect(expected.size).toBeGreaterThan(10)
    for (let seed = 1; seed < 6; seed++) expect(await (await eventful(seed)).state()).toEqual(expected)
  })

  it('has batches that are read while a commit is under way', async () => {
    let underWay = 0
    let overlaps = 0
    const watching: Mapper<Tap> = {
      name: 'watching',
      about: 'watches',
      input: taps,
      outputs: [],
      map: () => {
        if (underWay > 0) overlaps++
      },
    }
    const driver = await Driver.start(topology('watched', 'watched', [node(byPair), node<Tap>(watching)]), {
      partitions: 1,
      workers: 1,
      worker: { commitIntervalMs: 0, state: writesAtOnce },
      faults: {
        after: (step) => {
          if (step === 'commit') underWay++
        },
        before: (step) => {
          if (step === 'state-write') underWay--
        },
      },
    })
    for (let index = 0; index < 100; index++) {
      await driver.publish(taps, tap(index))
      await driver.round()
    }
    expect(overlaps).toBeGreaterThan(5)
  })
})

const pairs = topology('pairs', 'counts pairs', [node(byPair)])
const writesAtOnce = { cacheBytesMax: 0, changelogBytesMax: 0, writeBehindRowsMax: 1, changelogBlocksMax: 1 }

describe('a crash', () => {
  it.each([
    [
      'before-commit',
      [
        'before commit',
        'after commit',
        'before state-write',
        'before state-rest',
        'after state-write',
        'before trim',
        'after trim',
      ],
    ],
    ['after-log', ['before commit']],
    ['before-state', ['before commit', 'after commit']],
    ['amid-state', ['before commit', 'after commit', 'before state-write']],
    ['after-state', ['before commit', 'after commit', 'before state-write', 'before state-rest']],
  ] as const)(
    'at %s cuts the commit there, once, and what was committed is found again',
    async (step, done) => {
      const steps: string[] = []
      const driver = await Driver.start(pairs, {
        partitions: 1,
        workers: 1,
        worker: { state: writesAtOnce },
        faults: {
          before: (each) => void steps.push(`before ${each}`),
          after: (each) => void steps.push(`after ${each}`),
        },
      })
      await driver.publish(taps, tap(0))
      driver.crash(step, 0)
      await driver.settle()
      expect(steps).toEqual(done)
      expect(driver.logDisk.task('user-0').sequence).toBe(1)
      expect(countOf(await driver.row('by-pair', 'user-0', 'author-0'))).toBe(1)
    },
  )

  it('of one machine leaves the others at work', async () => {
    const driver = await start({ workers: 3 })
    for (let index = 0; index < 30; index++) await driver.publish(taps, tap(index))
    driver.crash('after-log', 1)
    await driver.settle()
    const counts = await Promise.all([0, 1, 2].map((author) => driver.row('by-author', `author-${author}`)))
    expect(counts.map(countOf)).toEqual([10, 10, 10])
  })
})

describe('a rebalance', () => {
  it('gives each task to one worker, and state goes with it', async () => {
    const driver = await start({ seed: 3, workers: 1, worker: { changelog: 'keep' } })
    for (const workers of [3, 1, 5, 2]) {
      for (let index = 0; index < 20; index++)
        await driver.publish(taps, { ...tap(index), id: `${workers}-${index}` })
      await driver.rebalance(workers)
      await driver.settle()
    }
    let sum = 0
    for (const author of [0, 1, 2]) sum += countOf(await driver.row('by-author', `author-${author}`)) ?? 0
    expect(sum).toBe(80)
  })
})

describe('a fault', () => {
  it('that may pass is tried again until it does: a full disk loses and doubles nothing', async () => {
    let full = false
    let refused = 0
    const driver = await start({
      workers: 2,
      worker: { state: writesAtOnce },
      faults: {
        before: () => {
          if (!full) return
          refused++
          throw new EngineError('DISK_FULL', 'no space left')
        },
      },
    })
    for (let index = 0; index < 60; index++) {
      full = index % 20 > 10
      await driver.publish(taps, tap(index))
      await driver.round()
    }
    full = false
    await driver.settle()
    expect(refused).toBeGreaterThan(5)
    const counts = await Promise.all([0, 1, 2].map((author) => driver.row('by-author', `author-${author}`)))
    expect(counts.map(countOf)).toEqual([20, 20, 20])
  })

  it('that is for good is thrown by the round', async () => {
    const driver = await start({
      faults: {
        before: () => {
          throw new EngineError('DISK_READ_ONLY', 'read-only file system')
        },
      },
    })
    await driver.publish(taps, tap(0))
    await expect(driver.settle()).rejects.toThrow('DISK_READ_ONLY')
  })
})

describe('time', () => {
  it('passes only by rounds and `advance`', async () => {
    const driver = await start({ startMs: AT })
    expect(driver.now).toBe(AT)
    driver.advance(12_345)
    expect(driver.now).toBe(AT + 12_345)
    await driver.publish(taps, tap(0))
    expect(driver.now).toBe(AT + 12_345)
    await driver.round()
    expect(driver.now).toBeGreaterThan(AT + 12_345)
  })

  it('of events passes by their own times alone', async () => {
    const driver = await start({ partitions: 1 })
    await driver.publish(taps, tap(0))
    await driver.settle()
    driver.advance(100 * MINUTE_MS)
    await driver.settle()
    expect(await driver.records(closings)).toEqual([])
    await driver.publish(taps, { ...tap(1), at: AT + 10 * MINUTE_MS })
    await driver.settle()
    expect(await driver.records(closings)).toEqual([{ user: 'user-0', minute: AT + MINUTE_MS, amount: 1 }])
  })
})

describe('the driver', () => {
  it('says which topics a topology is for', async () => {
    expect((await start()).sinks()).toEqual(['closings'])
  })

  it('gives up on work that never ends', async () => {
    const again: Mapper<Tap> = {
      name: 'again',
      about: 'for ever',
      input: { ...taps, name: 'again', visibility: 'internal' },
      outputs: [{ ...taps, name: 'again', visibility: 'internal' }],
      map: (each, context) => context.emit({ ...taps, name: 'again' }, { ...each, id: `${each.id}+` }),
    }
    const driver = await Driver.start(topology('endless', 'endless', [node<Tap>(again)]), {
      partitions: 1,
      workers: 1,
      roundsMax: 200,
    })
    await driver.publish(again.input, tap(0))
    await expect(driver.settle()).rejects.toThrow('work is left after 200 rounds: is there a loop?')
  })
})
