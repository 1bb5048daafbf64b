import { setImmediate as macrotask } from 'node:timers/promises'
import fc from 'fast-check'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { ChangelogBlock } from '../../../engine/log/port.ts'
import { MemoryState } from '../../../engine/state/memory.ts'
import type { StateStorage } from '../../../engine/state/port.ts'
import { RocksState } from '../../../engine/state/rocksdb.ts'
import { RowExpiry } from '../../../engine/state/row-expiry.ts'
import type { Store } from '../../../engine/state/store.ts'
import { STATE_DEFAULTS, TaskState, type StateOptions } from '../../../engine/state/task-state.ts'
import { DAY_MS } from '../../../schemas/ids.ts'
import { ScratchDisk } from '../../conformance/disk.ts'

const TASK = 'user-0'
const ROWS_MAX = 1_000_000
/** Wall time between two batches: enough to look at a row or two, so that rounds last. */
const STEP_MS = 5

/** A row is the day that it ends on. */
const hasEnded = (buffer: Buffer, start: number, end: number, at: number): boolean =>
  at >= Number(buffer.toString('latin1', start, end)) * DAY_MS

type Sweeping = 'expire' | 'repeat'

/** A task's state whose rows end, and every block of its changelog. */
class Ending {
  state!: TaskState
  blocks: ChangelogBlock[] = []
  private readonly storage: StateStorage
  private readonly options: Partial<StateOptions>
  private readonly sweeping: Sweeping
  private day = -Infinity
  private monotonicMs = 0

  private constructor(storage: StateStorage, sweeping: Sweeping, options: Partial<StateOptions>) {
    this.storage = storage
    this.sweeping = sweeping
    this.options = options
  }

  static async open(
    storage: StateStorage,
    sweeping: Sweeping,
    options: Partial<StateOptions> = {},
  ): Promise<Ending> {
    const ending = new Ending(storage, sweeping, options)
    await ending.restart()
    return ending
  }

  /** From the disk and the blocks after it; what was not committed is gone. */
  async restart(): Promise<void> {
    const disk = await this.storage.open(TASK)
    this.state = await TaskState.onDisk(disk, { ...STATE_DEFAULTS, ...this.options })
    await this.state.catchUp(this.blocks.filter(({ sequence }) => sequence > disk.sequence()))
    for (const name of ['ending', 'other']) await this.state.store(name)
    this.ending.expiry = new RowExpiry(hasEnded)
    this.reach(this.day)
  }

  get ending(): Store {
    return this.state.openStore('ending')!
  }

  reach(day: number): void {
    this.day = day
    this.ending.expiry!.at = day * DAY_MS
  }

  async change(name: string, key: string, lastDay: number | null): Promise<void> {
    const store = await this.state.store(name)
    const bytes = Buffer.from(key)
    const slot = store.want(bytes, 0, bytes.length)
    await store.fetch()
    const row = Buffer.from(String(lastDay), 'latin1')
    if (lastDay === null) store.remove(slot)
    else store.set(slot, row, 0, row.length)
  }

  async sweep(wallMs = STEP_MS): Promise<void> {
    this.state.evict()
    this.monotonicMs += wallMs
    if (this.sweeping === 'repeat') await this.state.repeat()
    else await this.state.expire(this.monotonicMs)
    // What is looked at ahead has been read.
    await macrotask()
  }

  async commit(flushAll = false): Promise<void> {
    const prepared = this.state.prepare(this.state.sequence + 1, flushAll)
    this.blocks.push({ sequence: this.state.sequence, bytes: prepared.changelog })
    await prepared.finish()
  }

  rows(name = 'ending'): Promise<Map<string, number>> {
    return rowsOf(this.state.openStore(name)!)
  }

  async close(): Promise<void> {
    await this.state.close()
  }
}

const rowsOf = async (store: Store): Promise<Map<string, number>> =>
  new Map(
    (await store.scan({ limit: ROWS_MAX })).map(({ key, value }) => [
      key.toString(),
      Number(value.toString()),
    ]),
  )

const storages: Readonly<Record<string, () => Promise<StateStorage>>> = {
  memory: async () => new MemoryState(),
  RocksDB: async () => {
    const disk = await ScratchDisk.make()
    onTestFinished(() => disk.dispose())
    return RocksState.open(await disk.open())
  },
}

type Step =
  | { readonly kind: 'change'; readonly store: string; readonly key: number; readonly lives: number | null }
  | { readonly kind: 'days'; readonly days: number }
  | { readonly kind: 'commit' | 'sweep' | 'restart' }

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 8,
      arbitrary: fc.record({
        kind: fc.constant('change' as const),
        store: fc.constantFrom('ending', 'other'),
        key: fc.nat(40),
        lives: fc.option(fc.nat(6), { freq: 8 }),
      }),
    },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('days' as const), days: fc.nat(3) }) },
    { weight: 4, arbitrary: fc.constant({ kind: 'commit' as const }) },
    { weight: 4, arbitrary: fc.constant({ kind: 'sweep' as const }) },
    { weight: 1, arbitrary: fc.constant({ kind: 'restart' as const }) },
  ),
  { minLength: 30, maxLength: 200, size: 'max' },
)

const limits = fc.record({
  changelogBytesMax: fc.constantFrom(0, 100, 1_000),
  cacheBytesMax: fc.constantFrom(0, 500, 1 << 20),
  writeBehindRowsMax: fc.constantFrom(1, 5, 1_000),
})

/** Runs the steps beside maps of what was set; answers how many rows were removed. */
const check = async (ending: Ending, all: readonly Step[]): Promise<number> => {
  const model = { ending: new Map<string, number>(), other: new Map<string, number>() }
  let committed = { ending: new Map<string, number>(), other: new Map<string, number>() }
  let day = 0
  let removed = 0
  const compare = async (): Promise<void> => {
    const rows = await ending.rows()
    for (const [key, lastDay] of model.ending) {
      if (rows.has(key)) continue
      expect(lastDay, `removed on day ${day}`).toBeLessThanOrEqual(day)
      model.ending.delete(key)
      removed++
    }
    expect(rows).toEqual(model.ending)
    expect(await ending.rows('other')).toEqual(model.other)
  }
  ending.reach(day)
  for (const step of all) {
    if (step.kind === 'change') {
      const rows = step.store === 'ending' ? model.ending : model.other
      const key = `key ${step.key}`
      const lastDay = step.lives === null ? null : day + step.lives
      if (lastDay === null) rows.delete(key)
      else rows.set(key, lastDay)
      await ending.change(step.store, key, lastDay)
    } else if (step.kind === 'days') {
      day += step.days
      ending.reach(day)
    } else if (step.kind === 'sweep') await ending.sweep()
    else if (step.kind === 'commit') {
      await compare()
      await ending.commit()
      committed = { ending: new Map(model.ending), other: new Map(model.other) }
    } else {
      await ending.close()
      await ending.restart()
      Object.assign(model, { ending: new Map(committed.ending), other: new Map(committed.other) })
    }
    await compare()
  }
  return removed
}

describe.each(Object.keys(storages))('rows that end, over %s', (kind) => {
  it.each(['expire', 'repeat'] as const)(
    'are removed when due and never before, and no others, whatever changes meanwhile (%s)',
    async (sweeping) => {
      let removed = 0
      await fc.assert(
        fc.asyncProperty(limits, steps, async (options, all) => {
          const storage = await storages[kind]!()
          const ending = await Ending.open(storage, sweeping, options)
          removed += await check(ending, all)
          await ending.close()
        }),
        { numRuns: kind === 'memory' ? 80 : 8 },
      )
      expect(removed).toBeGreaterThan(kind === 'memory' ? 100 : 0)
    },
  )
})

describe('the sweep of rows that end', () => {
  const ROWS = 5_000

  /** `ROWS` rows on disk, all of which end on day 10. */
  const filled = async (options: Partial<StateOptions> = {}): Promise<Ending> => {
    const ending = await Ending.open(new MemoryState(), 'expire', { cacheBytesMax: 0, ...options })
    for (let key = 0; key < ROWS; key++) await ending.change('ending', `key ${key}`, 10)
    await ending.commit(true)
    return ending
  }

  const removedOf = (ending: Ending): number => ending.ending.expiry!.removed

  it('reads 512 rows between two batches at most, however much it has saved up', async () => {
    const ending = await filled()
    ending.reach(10)
    await ending.sweep(3_600_000)
    await ending.sweep(3_600_000)
    expect(removedOf(ending)).toBeGreaterThan(0)
    let before = removedOf(ending)
    for (let step = 0; step < 20; step++) {
      await ending.sweep(3_600_000)
      expect(removedOf(ending) - before).toBeLessThanOrEqual(512)
      before = removedOf(ending)
    }
    expect(before).toBe(ROWS)
  })

  it('looks at 16 KiB a second where nothing changes', async () => {
    const ending = await filled()
    ending.reach(10)
    await ending.sweep()
    for (let second = 0; second < 2; second++) await ending.sweep(1_000)
    const rowBytes = Buffer.byteLength('key 1000') + 2
    expect(removedOf(ending)).toBeGreaterThan(0)
    expect(removedOf(ending) * rowBytes).toBeLessThanOrEqual(2 * 16_384 + 512 * rowBytes)
  })

  it('leaves the disk without them once they are written behind, and memory too', async () => {
    const ending = await filled()
    ending.reach(10)
    for (let step = 0; step < 30; step++) await ending.sweep(1_000)
    await ending.commit(true)
    expect((await ending.rows()).size).toBe(0)
    await ending.restart()
    expect((await ending.rows()).size).toBe(0)
    await ending.sweep()
    expect(ending.ending.table.size).toBe(0)
  })

  it('begins a round anew when a day of event time has passed, and not before', async () => {
    const ending = await filled()
    ending.reach(9)
    for (let step = 0; step < 30; step++) await ending.sweep(1_000)
    expect(removedOf(ending)).toBe(0)
    ending.reach(9.9)
    for (let step = 0; step < 30; step++) await ending.sweep(1_000)
    ending.reach(10)
    for (let step = 0; step < 30; step++) await ending.sweep(1_000)
    expect(removedOf(ending)).toBe(ROWS)
  })

  it('takes no row into memory that stays', async () => {
    const ending = await filled()
    ending.state.evict()
    ending.reach(9)
    for (let step = 0; step < 30; step++) await ending.sweep(1_000)
    expect(ending.ending.table.size).toBe(0)
  })

  it('decides by the row in memory where that is newer than the disk’s', async () => {
    const ending = await filled({ changelogBytesMax: 1 << 20 })
    await ending.change('ending', 'key 7', 11)
    await ending.change('ending', 'key 8', null)
    await ending.commit()
    await ending.change('ending', 'key 9', 12)
    ending.reach(10)
    for (let step = 0; step < 30; step++) await ending.sweep(1_000)
    expect(await ending.rows()).toEqual(
      new Map([
        ['key 7', 11],
        ['key 9', 12],
      ]),
    )
    expect(removedOf(ending)).toBe(ROWS - 3)
  })

  it('removes nothing before its task knows the time', async () => {
    const ending = await filled()
    for (let step = 0; step < 30; step++) await ending.sweep(1_000)
    expect(removedOf(ending)).toBe(0)
  })
})
