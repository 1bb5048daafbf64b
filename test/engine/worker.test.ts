import { describe, expect, it } from 'vitest'
import { EngineError, type EngineErrorCode } from '../../engine/errors.ts'
import { partitionOf } from '../../engine/hash.ts'
import { on, type Mapper, type Processor } from '../../engine/processor.ts'
import type { SimulatedFaults, SimulatedStep } from '../../engine/storage/simulated-faults.ts'
import type { Topic } from '../../engine/topic.ts'
import { node, topology, type Node, type Topology } from '../../engine/topology.ts'
import { UNEXPECTED_MAX } from '../../engine/unexpected.ts'
import type { Worker } from '../../engine/worker.ts'
import { byPair, countLayout, countOf, counting, taps, type Count, type Tap } from './counting.ts'
import { Rig, turns } from './rig.ts'

const AT = 1_750_000_000_000

const tap = (id: number, amount = 1, user = 'ann'): Tap => ({
  id: `tap-${id}`,
  user,
  author: 'bob',
  amount,
  at: AT,
})

const pairs = topology('pairs', 'counts pairs', [node(byPair)])

const countIn = async (worker: Worker, store: string, ...ids: readonly string[]): Promise<number> => {
  const key = Buffer.from(ids.join('\0'))
  const found = await worker.storeOf(store, key)
  return countOf((await found!.readMany([key]))[0]) ?? 0
}

const failuresOf = (rig: Rig): Record<string, number> =>
  Object.fromEntries(
    [...rig.metrics.counts]
      .filter(([name]) => name.startsWith('task_failures '))
      .map(([name, count]) => [name.slice('task_failures '.length), count]),
  )

/** Holds every read and step back until told to let it go on, or to let it fail. */
class Gate implements SimulatedFaults {
  closed = false
  private waiting: { go: () => void; fail: (error: Error) => void }[] = []

  readonly delay = (): Promise<void> =>
    this.closed ? new Promise((go, fail) => this.waiting.push({ go, fail })) : Promise.resolve()

  /** Lets one that waits (0: the longest) go on or fail, and all that it leads to until the next wait. */
  async letOne(index = 0, error?: Error): Promise<void> {
    const [one] = this.waiting.splice(index, 1)
    if (one === undefined) throw new Error('nothing waits')
    if (error === undefined) one.go()
    else one.fail(error)
    await turns()
  }

  async open(): Promise<void> {
    this.closed = false
    for (const { go } of this.waiting.splice(0)) go()
    await turns()
  }
}

/** Fails at a step as long as it is told to. */
class Faults implements SimulatedFaults {
  at: SimulatedStep | undefined
  code: EngineErrorCode = 'DISK_FULL'

  readonly before = (step: SimulatedStep): void => {
    if (step === this.at) throw new EngineError(this.code, 'told to fail')
  }
}

describe('a batch read while a commit is under way', () => {
  /** A worker that has a commit waiting at the gate, and a batch read after it. */
  const overlapping = async (
    gate: Gate,
    uncommittedRecordsMax = 10,
  ): Promise<{ rig: Rig; worker: Worker; round: Promise<number> }> => {
    const rig = await Rig.start(pairs, { faults: gate, worker: { uncommittedRecordsMax } })
    const worker = await rig.worker()
    await rig.publish(taps, tap(1))
    gate.closed = true
    const first = worker.round()
    await turns()
    await gate.letOne()
    await first
    await rig.publish(taps, tap(2))
    const round = worker.round()
    await turns()
    return { rig, worker, round }
  }

  it('is kept, and committed after it', async () => {
    const gate = new Gate()
    const { rig, worker, round } = await overlapping(gate)
    await gate.open()
    await round
    await rig.settle(worker)
    expect(await countIn(worker, 'by-pair', 'ann', 'bob')).toBe(2)
  })

  it('is not taken when too much is uncommitted already, until the commit is through', async () => {
    const gate = new Gate()
    const { rig, worker, round } = await overlapping(gate, 1)
    await gate.letOne(1)
    expect(await round).toBe(1)
    await rig.publish(taps, tap(3))
    expect(await worker.round()).toBe(0)
    expect(worker.lagRecords()).toBe(1)
    await gate.open()
    await rig.settle(worker)
    expect(await countIn(worker, 'by-pair', 'ann', 'bob')).toBe(3)
  })

  it('goes with its task when the commit is fenced, and nothing else stops', async () => {
    const gate = new Gate()
    const { rig, worker, round } = await overlapping(gate)
    await rig.log.session('user-0')
    await gate.letOne()
    await gate.open()
    await round
    await worker.round()
    expect(worker.taskIds()).toEqual([])
    expect(failuresOf(rig)).toEqual({ FENCED: 1 })
  })

  it('is read again from the commit on when it fails itself', async () => {
    const gate = new Gate()
    const { rig, worker, round } = await overlapping(gate)
    const read = 1
    await gate.letOne(read, new EngineError('DISK_FAILED', 'told to fail'))
    await gate.open()
    await round
    await rig.settle(worker)
    expect(failuresOf(rig)).toEqual({ DISK_FAILED: 1 })
    expect(rig.failures).toEqual(['user-0: DISK_FAILED'])
    expect(await countIn(worker, 'by-pair', 'ann', 'bob')).toBe(2)
  })

  it('does no harm when the worker is abandoned meanwhile', async () => {
    const gate = new Gate()
    const { rig, worker, round } = await overlapping(gate)
    const abandoned = worker.abandon()
    await gate.open()
    await abandoned
    await round
    await worker.round()
    await turns()
    expect(failuresOf(rig)).toEqual({})
    const next = await rig.worker()
    await rig.settle(next)
    expect(await countIn(next, 'by-pair', 'ann', 'bob')).toBe(2)
  })
})

describe('a commit that may be tried again', () => {
  it.each(['commit', 'state-write', 'trim'] as const)(
    'is, until %s succeeds, and nothing is lost or doubled',
    async (at) => {
      const faults = new Faults()
      const rig = await Rig.start(counting, {
        faults,
        worker: {
          state: { cacheBytesMax: 0, changelogBytesMax: 0, writeBehindRowsMax: 1, changelogBlocksMax: 1 },
        },
      })
      const worker = await rig.worker()
      faults.at = at
      let published = 0
      for (let round = 0; round < 30; round++) {
        await rig.publish(taps, tap(published++))
        rig.clock.advance(20)
        await worker.round()
        await turns()
      }
      expect(rig.metrics.counts.get('task_failures DISK_FULL')).toBeGreaterThan(1)
      expect(worker.lagRecords(), 'no batch on top of the failed commit').toBeGreaterThan(25)
      faults.at = undefined
      await rig.settle(worker)
      expect(await countIn(worker, 'by-pair', 'ann', 'bob')).toBe(published)
      expect(await countIn(worker, 'by-author', 'bob')).toBe(published)
    },
  )

  it('waits longer each time, up to a limit, and starts small again after a success', async () => {
    const faults = new Faults()
    const rig = await Rig.start(pairs, { faults, worker: { retryMs: 10, retryMsMax: 80 } })
    const worker = await rig.worker()
    const triesAt = async (): Promise<number[]> => {
      const tries: number[] = []
      faults.at = 'commit'
      await rig.publish(taps, tap(Math.floor(rig.clock.now() - AT)))
      const from = rig.clock.now()
      for (let count = 0; tries.length < 6 && rig.clock.now() - from < 1_000; rig.clock.advance(1)) {
        await worker.round()
        await turns()
        const failures = rig.metrics.counts.get('task_failures DISK_FULL') ?? 0
        if (failures > count) tries.push(rig.clock.now() - from)
        count = failures
      }
      faults.at = undefined
      await rig.settle(worker)
      rig.metrics.counts.clear()
      return tries
    }
    const expected = [0, 10, 30, 70, 150, 230]
    expect(await triesAt()).toEqual(expected)
    expect(await triesAt()).toEqual(expected)
  })
})

describe('an error that only a person can mend', () => {
  const versioned = (version: number, migrations?: Processor<Count>['state']['migrations']): Topology =>
    topology('pairs', 'counts pairs', [
      node({ ...byPair, state: { ...countLayout, version, ...(migrations && { migrations }) } }),
    ])

  it('is thrown by the round, and nothing of the batch is committed, then or later', async () => {
    const rig = await Rig.start(versioned(1))
    const worker = await rig.worker()
    await rig.publish(taps, tap(1), tap(2, 1, 'cyd'))
    await rig.settle(worker)
    await worker.release(worker.taskIds())

    const newer = await rig.workerOf(versioned(2))
    await rig.publish(taps, tap(3, 1, 'dan'), tap(4), tap(5, 1, 'eve'))
    await expect(newer.round()).rejects.toThrow('STATE_VERSION: store "by-pair" holds a row of version 1')
    await expect(newer.round()).rejects.toThrow('STATE_VERSION')
    await turns()

    const mended = await rig.worker()
    expect(await countIn(mended, 'by-pair', 'dan', 'bob')).toBe(0)
    await rig.settle(mended)
    for (const [user, count] of [
      ['ann', 2],
      ['cyd', 1],
      ['dan', 1],
      ['eve', 1],
    ] as const) {
      expect(await countIn(mended, 'by-pair', user, 'bob'), user).toBe(count)
    }
  })

  it('does not come where a migration reads the older version', async () => {
    const rig = await Rig.start(versioned(1))
    const worker = await rig.worker()
    await rig.publish(taps, tap(1))
    await rig.settle(worker)
    await worker.release(worker.taskIds())

    const newer = await rig.workerOf(
      versioned(2, { 1: (reader) => ({ count: 100 * countLayout.read(reader).count }) }),
    )
    await rig.publish(taps, tap(2))
    await rig.settle(newer)
    expect(await countIn(newer, 'by-pair', 'ann', 'bob')).toBe(101)
  })

  it('ends a running worker', async () => {
    const rig = await Rig.start(versioned(1))
    const worker = await rig.worker()
    await rig.publish(taps, tap(1))
    await rig.settle(worker)
    await worker.release(worker.taskIds())
    const newer = await rig.workerOf(versioned(2))
    await rig.publish(taps, tap(2))
    const run = newer.run({
      stopping: () => false,
      paused: () => false,
      idle: async () => rig.clock.advance(10),
      breathe: turns,
    })
    await expect(run).rejects.toThrow('STATE_VERSION')
  })
})

describe('an error that nobody foresaw', () => {
  const failing = async () => {
    let failures = 0
    const before = (step: SimulatedStep): void => {
      if (step === 'commit' && failures-- > 0) throw new TypeError('x is not a function')
    }
    const rig = await Rig.start(pairs, { faults: { before }, worker: { retryMs: 0 } })
    const worker = await rig.worker()
    let published = 0
    const fail = async (times: number): Promise<void> => {
      failures = times
      await rig.publish(taps, tap(published++))
      await rig.settle(worker)
    }
    return { rig, worker, fail }
  }

  it('has a code of its own; the task starts over, and goes on once it has passed', async () => {
    const { rig, worker, fail } = await failing()
    await fail(UNEXPECTED_MAX - 1)
    await fail(UNEXPECTED_MAX - 1)
    expect(failuresOf(rig)).toEqual({ UNEXPECTED: 2 * (UNEXPECTED_MAX - 1) })
    expect(await countIn(worker, 'by-pair', 'ann', 'bob')).toBe(2)
  })

  it('ends the worker when it comes time and again without a commit between', async () => {
    const { rig, worker, fail } = await failing()
    await expect(fail(UNEXPECTED_MAX)).rejects.toThrow(/^TASK_STUCK: .* x is not a function$/)
    expect(failuresOf(rig)).toEqual({ UNEXPECTED: UNEXPECTED_MAX - 1, TASK_STUCK: 1 })
    expect(worker.taskIds()).toEqual([])
  })
})

describe('a running worker', () => {
  it('works until it is told to stop, not while it is paused, and commits what it did', async () => {
    const rig = await Rig.start(pairs, { worker: { commitIntervalMs: 1_000, idleCommitIntervalMs: 1_000 } })
    const worker = await rig.worker()
    let [stopping, paused] = [false, true]
    const running = worker.run({
      stopping: () => stopping,
      paused: () => paused,
      idle: async () => {
        rig.clock.advance(1)
        await turns()
      },
      breathe: turns,
    })
    await rig.publish(taps, tap(1))
    await turns()
    expect(worker.lagRecords()).toBe(1)
    paused = false
    while (worker.lagRecords() > 0) await turns()
    stopping = true
    await running
    expect(worker.taskIds()).toEqual([])
    const next = await rig.worker()
    expect(next.lagRecords()).toBe(0)
    expect(await countIn(next, 'by-pair', 'ann', 'bob')).toBe(1)
  })
})

describe('commits that take long', () => {
  /** The least and the most time from one commit's beginning to the next, each taking 100 ms, while events come. */
  const gapsOf = async (commitIntervalMsMax: number): Promise<{ least: number; most: number }> => {
    const begun: number[] = []
    const rig: Rig = await Rig.start(pairs, {
      worker: { commitIntervalMs: 50, idleCommitIntervalMs: 50, commitIntervalMsMax },
      faults: {
        before: (step) => step === 'commit' && begun.push(rig.clock.now()),
        after: (step) => step === 'commit' && rig.clock.advance(100),
      },
    })
    const worker = await rig.worker()
    for (let id = 0; begun.length < 10; id++) {
      await rig.publish(taps, tap(id))
      await worker.round()
      await turns()
      rig.clock.advance(10)
    }
    const gaps = begun.slice(1).map((at, index) => at - begun[index]!)
    return { least: Math.min(...gaps), most: Math.max(...gaps) }
  }

  it('are made less often, where that is allowed, and no less often than is allowed', async () => {
    expect((await gapsOf(0)).most).toBeLessThan(150)
    // The first does not know yet how long commits take.
    const bounded = await gapsOf(160)
    expect(bounded.most).toBeGreaterThanOrEqual(160)
    expect(bounded.most).toBeLessThan(200)
    expect((await gapsOf(1_000)).most).toBeGreaterThanOrEqual(200)
  })
})

describe('what is committed of a topic', () => {
  it('is known from the commit on, and nothing is where no task runs that reads it', async () => {
    const rig = await Rig.start(pairs)
    const worker = await rig.worker()
    await rig.publish(taps, tap(1), tap(2))
    expect(worker.committedOffset('taps', 0)).toBe(0)
    while (!worker.settled) {
      await worker.round()
      rig.clock.advance(1_000)
    }
    expect(worker.committedOffset('taps', 0)).toBe(2)
    expect(worker.committedOffset('taps', 1)).toBe(0)
    expect(worker.committedOffset('unknown', 0)).toBe(0)
    await worker.release(worker.taskIds())
    expect(worker.committedOffset('taps', 0)).toBe(0)
  })
})

describe('what a task reads', () => {
  it("is its topology's to say, also of tasks that run elsewhere; one that is of none reads nothing", async () => {
    const rig = await Rig.start(pairs)
    const worker = await rig.worker()
    expect(worker.reads('user-0', 'taps')).toBe(true)
    expect(worker.reads('user-7', 'taps')).toBe(true)
    expect(worker.reads('user-0', 'totals')).toBe(false)
    for (const gone of ['author-0', 'user-author-0', 'user-', 'user']) {
      expect(worker.reads(gone, 'taps')).toBe(false)
    }
  })
})

describe('releasing', () => {
  it('lets go of every task though one cannot commit, and says so', async () => {
    const faults = new Faults()
    const rig = await Rig.start(counting, { faults, partitions: 2 })
    const worker = await rig.worker()
    await rig.publish(taps, tap(1), tap(2, 1, 'cyd'), tap(3, 1, 'dan'))
    await worker.round()
    await turns()
    faults.at = 'commit'
    await expect(worker.release(worker.taskIds())).rejects.toThrow('DISK_FULL')
    expect(worker.taskIds()).toEqual([])
    faults.at = undefined
    const next = await rig.worker()
    await rig.settle(next)
    expect(await countIn(next, 'by-author', 'bob')).toBe(3)
  })
})

/** Topics that a loop is made of: by author and by user, without fold or identity. */
const loose = {
  codec: taps.codec,
  time: (tap: Tap) => tap.at,
  about: '',
  visibility: 'internal',
  graceMs: 0,
} as const
const sums: Topic<Tap> = {
  ...loose,
  name: 'sums',
  keySpace: 'author',
  key: (each, key) => void key.id(each.author),
}
const hops: Topic<Tap> = {
  ...loose,
  name: 'hops',
  keySpace: 'user',
  key: (each, key) => void key.id(each.user),
}
const HALVES = [1, 2]
const half = (each: Tap): Tap => ({ ...each, amount: each.amount / 2 })

const mapper = (input: Topic<Tap>, output: Topic<Tap>, map: Mapper<Tap>['map']): Node =>
  node<Tap>({ name: `${input.name}-to-${output.name}`, about: '', input, outputs: [output], map })

/** `byPair`, of another topic of taps. */
const pairsOf = (input: Topic<Tap>): Processor<Count> => ({
  ...byPair,
  handlers: [
    on<Tap, Count>({
      input,
      key: (each, key) => key.id(each.user) && key.id(each.author),
      process: (each, state) => {
        state.count += each.amount
        return true
      },
    }),
  ],
})

describe('backpressure', () => {
  const PARTITIONS = 4

  /** One user for each partition. */
  const users = Array.from({ length: PARTITIONS }, (_, partition) => {
    for (let each = 0; ; each++) {
      const key = Buffer.from(`user-${each}`)
      if (partitionOf(key, 0, key.length, PARTITIONS) === partition) return `user-${each}`
    }
  })

  it('holds a task back while a reader of its outputs is behind, on whichever partition', async () => {
    const rig = await Rig.start(counting, {
      partitions: PARTITIONS,
      worker: { backlogRecordsMax: 10, batchEventsMax: 5, metricsIntervalMs: 0 },
    })
    const usersOnly = await rig.worker()
    await usersOnly.release(usersOnly.taskIds().filter((id) => id.startsWith('author')))
    for (let each = 0; each < 100; each++) {
      await rig.publish(taps, tap(each, 1, users[each % PARTITIONS]))
      await rig.settle(usersOnly)
    }
    await usersOnly.release(usersOnly.taskIds())
    const worker = await rig.worker()
    expect(worker.lagRecords(), 'all on the partition of bob').toBe(100)
    await rig.publish(taps, ...users.map((user, index) => tap(1_000 + index, 1, user)))
    await worker.round()
    const lags = users.map((_, partition) => rig.metrics.gauges.get(`lag_records user-${partition} taps`))
    expect(lags).toEqual([1, 1, 1, 1])
    await rig.settle(worker)
    expect(await countIn(worker, 'by-author', 'bob')).toBe(104)
  })

  it('does not stall tasks that read each other', async () => {
    const loop = topology('loop', 'a loop over two key spaces', [
      mapper(taps, sums, (each, context) => context.emit(sums, each)),
      mapper(sums, hops, (each, context) => {
        if (each.amount > 1) for (const _ of HALVES) context.emit(hops, half(each))
      }),
      mapper(hops, sums, (each, context) => context.emit(sums, each)),
      node(pairsOf(hops)),
    ])
    const rig = await Rig.start(loop, { partitions: 2, worker: { backlogRecordsMax: 3, batchEventsMax: 10 } })
    const worker = await rig.worker()
    for (let each = 0; each < 20; each++) await rig.publish(taps, tap(each, 8))
    await rig.settle(worker)
    // A tap of 8 comes back as 2 of 4, 4 of 2 and 8 of 1: 24 in all.
    expect(await countIn(worker, 'by-pair', 'ann', 'bob')).toBe(20 * 24)
  })

  it('does not stall a task that reads what it writes', async () => {
    const loop = topology('self', 'a loop of one task', [
      mapper(taps, hops, (each, context) => context.emit(hops, each)),
      mapper(hops, hops, (each, context) => {
        if (each.amount > 1) for (const _ of HALVES) context.emit(hops, half(each))
      }),
      node(pairsOf(hops)),
    ])
    const rig = await Rig.start(loop, { worker: { backlogRecordsMax: 3, batchEventsMax: 10 } })
    const worker = await rig.worker()
    for (let each = 0; each < 20; each++) await rig.publish(taps, tap(each, 8))
    await rig.settle(worker)
    expect(await countIn(worker, 'by-pair', 'ann', 'bob')).toBe(20 * 32)
  })
})
