import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ByteWriter } from '../../../engine/bytes.ts'
import { SimulatedLogDisk } from '../../../engine/log/simulated-disk.ts'
import { SimulatedLog } from '../../../engine/log/simulated.ts'
import type { ChangelogBlock, LogSession } from '../../../engine/log/port.ts'
import { MemoryDisk } from '../../../engine/state/memory-disk.ts'
import { MemoryState } from '../../../engine/state/memory.ts'
import type { TaskStorage } from '../../../engine/state/port.ts'
import type { Store } from '../../../engine/state/store.ts'
import { STATE_DEFAULTS, TaskState, type StateOptions } from '../../../engine/state/task-state.ts'
import { SimulatedCrash, type SimulatedStep } from '../../../engine/storage/simulated-faults.ts'
import { millis } from '../../../schemas/ids.ts'

const TASK = 'task'
const STORES = ['one', 'two', 'three'] as const
const KEYS = Array.from({ length: 12 }, (_, index) => `key-${index}`)

type Rows = ReadonlyMap<string, string>
type Cut = readonly ['before' | 'after', SimulatedStep]

const slotOf = async (store: Store, key: string): Promise<number> => {
  const bytes = Buffer.from(key)
  const slot = store.want(bytes, 0, bytes.length)
  await store.fetch()
  return slot
}

const set = async (store: Store, key: string, text: string): Promise<void> => {
  const value = Buffer.from(text)
  store.set(await slotOf(store, key), value, 0, value.length)
}

const remove = async (store: Store, key: string): Promise<void> => store.remove(await slotOf(store, key))

const get = async (store: Store, key: string): Promise<string | undefined> =>
  store.table.value(await slotOf(store, key))?.toString()

/** One task over disks that outlive it, beside the rows it should have at every commit. */
class Bench {
  state!: TaskState
  /** Rows as of every commit; the last is what a restart must find. */
  readonly history: Rows[] = [new Map()]
  rows = new Map<string, string>()
  readonly disk = new MemoryDisk()
  session!: LogSession
  private readonly logDisk = new SimulatedLogDisk()
  private readonly options: StateOptions
  private readonly trims: boolean
  private cut: Cut | undefined

  constructor(options: StateOptions, trims: boolean) {
    this.options = options
    this.trims = trims
  }

  async restart(): Promise<void> {
    this.cut = undefined
    const faults = {
      before: (step: SimulatedStep) => this.fail('before', step),
      after: (step: SimulatedStep) => this.fail('after', step),
    }
    const log = new SimulatedLog({
      clock: () => millis(0),
      disk: this.logDisk,
      faults,
      dropsTrimmed: this.trims,
    })
    this.session = await log.session(TASK)
    const storage = await new MemoryState({ disk: this.disk, faults }).open(TASK)
    this.state = await TaskState.open(storage, (after) => this.session.changelog(after), this.options)
    this.rows = new Map(this.history.at(-1))
  }

  async set(store: string, key: string, value: string): Promise<void> {
    await set(await this.state.store(store), key, value)
    this.rows.set(`${store}/${key}`, value)
  }

  async remove(store: string, key: string): Promise<void> {
    await remove(await this.state.store(store), key)
    this.rows.delete(`${store}/${key}`)
  }

  /** A commit, cut or whole; a cut one is a crash. */
  async commit(cut?: Cut, flushAll = false): Promise<void> {
    this.cut = cut
    const prepared = this.state.prepare(this.session.sequence() + 1, flushAll)
    try {
      await this.session.commit({ positions: [], outputs: [], changelog: prepared.changelog })
      this.history.push(new Map(this.rows))
      const onDisk = await prepared.finish()
      if (this.trims) await this.session.trimChangelog(onDisk)
      this.cut = undefined
    } catch (error) {
      if (!(error instanceof SimulatedCrash)) throw error
      if (cut?.[0] === 'after' && cut[1] === 'commit') this.history.push(new Map(this.rows))
      await this.restart()
    }
  }

  async expectRows(keys: readonly string[]): Promise<void> {
    for (const name of STORES) {
      const store = await this.state.store(name)
      for (const key of keys)
        expect(await get(store, key), `${name}/${key}`).toBe(this.rows.get(`${name}/${key}`))
    }
  }

  /** Every row on disk is the row of some commit from the disk's sequence on: the changelog after it mends all. */
  async expectDiskNeverAhead(): Promise<void> {
    const task = this.disk.task(TASK)
    expect(task.sequence).toBeLessThan(this.history.length)
    const since = this.history.slice(task.sequence)
    for (const [index, name] of STORES.entries()) {
      for (const key of KEYS) {
        const allowed = since.map((rows) => rows.get(`${name}/${key}`))
        const found = task.get(index + 1, Buffer.from(key))?.toString()
        if (!allowed.includes(found)) expect(allowed, `${name}/${key} on disk`).toContain(found)
      }
    }
  }

  private fail(when: 'before' | 'after', step: SimulatedStep): void {
    if (this.cut?.[0] === when && this.cut[1] === step) throw new SimulatedCrash(`${when} ${step}`)
  }
}

type Step =
  | { readonly kind: 'set'; readonly store: string; readonly key: string; readonly size: number }
  | { readonly kind: 'remove'; readonly store: string; readonly key: string }
  | { readonly kind: 'read'; readonly keys: readonly string[] }
  | { readonly kind: 'commit'; readonly cut: Cut | undefined; readonly flushAll: boolean }
  | { readonly kind: 'evict' }
  | { readonly kind: 'restart' }

const storeNames = fc.constantFrom(...STORES)
const keys = fc.constantFrom(...KEYS)
const cuts = fc.constantFrom<Cut | undefined>(
  undefined,
  undefined,
  undefined,
  ['before', 'commit'],
  ['after', 'commit'],
  ['before', 'state-write'],
  ['before', 'state-rest'],
  ['after', 'state-write'],
)
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        kind: fc.constant('set' as const),
        store: storeNames,
        key: keys,
        size: fc.nat(40),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({ kind: fc.constant('remove' as const), store: storeNames, key: keys }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('read' as const), keys: fc.subarray(KEYS) }) },
    {
      weight: 4,
      arbitrary: fc.record({ kind: fc.constant('commit' as const), cut: cuts, flushAll: fc.boolean() }),
    },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('evict' as const) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart' as const) }) },
  ),
  { maxLength: 120, size: 'max' },
)

const options: fc.Arbitrary<StateOptions> = fc.record({
  cacheBytesMax: fc.constantFrom(0, 200, 1 << 20),
  changelogBytesMax: fc.constantFrom(0, 100, 1 << 20),
  writeBehindRowsMax: fc.integer({ min: 1, max: 5 }),
  changelogBlocksMax: fc.constantFrom(2, 1000),
})

describe('the state of a task', () => {
  it('is as of its last commit after any changes, evictions, crashes and restarts, and its disk is never ahead', async () => {
    await fc.assert(
      fc.asyncProperty(options, fc.boolean(), steps, async (limits, trims, sequence) => {
        const bench = new Bench(limits, trims)
        await bench.restart()
        for (const name of STORES) await bench.state.store(name)
        await bench.commit()
        for (const [index, step] of sequence.entries()) {
          if (step.kind === 'set') await bench.set(step.store, step.key, `${index}`.padEnd(step.size, '.'))
          else if (step.kind === 'remove') await bench.remove(step.store, step.key)
          else if (step.kind === 'read') await bench.expectRows(step.keys)
          else if (step.kind === 'commit') await bench.commit(step.cut, step.flushAll)
          else if (step.kind === 'evict') bench.state.evict()
          else await bench.restart()
          await bench.expectDiskNeverAhead()
        }
        await bench.expectRows(KEYS)
        await bench.restart()
        await bench.expectRows(KEYS)
      }),
      { numRuns: 500 },
    )
  })

  it('changed while a commit is under way belongs to the next one', async () => {
    const bench = new Bench({ ...STATE_DEFAULTS, changelogBytesMax: 0 }, true)
    await bench.restart()
    await bench.set('one', 'key-0', 'first')
    const prepared = bench.state.prepare(1)
    await bench.session.commit({ positions: [], outputs: [], changelog: prepared.changelog })
    bench.history.push(new Map(bench.rows))
    await bench.set('one', 'key-0', 'second')
    bench.state.evict()
    await prepared.finish()
    expect(bench.disk.task(TASK).get(1, Buffer.from('key-0'))?.toString()).toBe('first')
    await bench.expectRows(['key-0'])
    await bench.restart()
    expect(await get(await bench.state.store('one'), 'key-0')).toBe('first')
  })
})

/** Counts the rows that reach a disk. */
const counted = (disk: TaskStorage, count: (rows: number) => void): TaskStorage => ({
  sequence: () => disk.sequence(),
  getMany: (store, wanted) => disk.getMany(store, wanted),
  scan: (store, scan) => disk.scan(store, scan),
  close: () => disk.close(),
  write: () => {
    const write = disk.write()
    return {
      get rows() {
        return write.rows
      },
      put: (store, key, value) => write.put(store, key, value),
      remove: (store, key) => write.remove(store, key),
      commit: async (sequence) => {
        count(write.rows)
        await write.commit(sequence)
      },
    }
  },
})

const noChangelog = async function* (): AsyncIterable<ChangelogBlock> {}

const opened = async (
  limits: Partial<StateOptions>,
  disk = new MemoryDisk(),
  count: (rows: number) => void = () => undefined,
): Promise<TaskState> => {
  const storage = counted(await new MemoryState({ disk }).open(TASK), count)
  return TaskState.open(storage, noChangelog, { ...STATE_DEFAULTS, ...limits })
}

describe('writing behind', () => {
  it('writes a key once a pass, however often it changed', async () => {
    let rows = 0
    const state = await opened({ changelogBytesMax: 2_000 }, undefined, (written) => (rows += written))
    const store = await state.store('one')
    for (let sequence = 1; sequence <= 1_000; sequence++) {
      await set(store, 'hot', `${sequence}`.padStart(40, '0'))
      await state.prepare(sequence).finish()
    }
    // 8 bytes of header, 3 of key, 40 of row: 39 commits fill the changelog, then the row is written.
    expect(rows).toBeLessThanOrEqual(1_000 / 39 + 2)
    expect(rows).toBeGreaterThan(20)
  })

  it('keeps the changelog within its bytes and blocks, even when commits change more rows than one may write', async () => {
    const limits = { changelogBytesMax: 20_000, changelogBlocksMax: 30, writeBehindRowsMax: 10 }
    for (const rowsPerCommit of [1, 9, 40, 200]) {
      const state = await opened(limits)
      const store = await state.store('one')
      const blockBytes = rowsPerCommit * (8 + 9 + 20)
      for (let sequence = 1; sequence <= 150; sequence++) {
        for (let row = 0; row < rowsPerCommit; row++) {
          const key = `${(sequence * rowsPerCommit + row) % 1_500}`.padStart(9, '0')
          await set(store, key, `${sequence}`.padStart(20, '0'))
        }
        await state.prepare(sequence).finish()
        expect(state.changelogBacklogBytes).toBeLessThanOrEqual(limits.changelogBytesMax + 2 * blockBytes)
      }
    }
  })

  it('moves the sequence of an idle disk on, so that the changelog of a task without rows is dropped too', async () => {
    const disk = new MemoryDisk()
    const state = await opened({}, disk)
    for (let sequence = 1; sequence <= 1_000; sequence++) await state.prepare(sequence).finish()
    expect(disk.task(TASK).sequence).toBeGreaterThan(700)
  })

  it('leaves nothing for a restart to read after a last, full write', async () => {
    const disk = new MemoryDisk()
    const state = await opened({}, disk)
    const store = await state.store('one')
    for (let key = 0; key < 50_000; key++) await set(store, `key-${key}`, 'value')
    await state.prepare(1, true).finish()
    expect(disk.task(TASK).sequence).toBe(1)
    const again = await opened({}, disk)
    expect(await get(await again.store('one'), 'key-49999')).toBe('value')
  })
})

describe('the memory of a task', () => {
  it('stays within its limit but for what is not on disk yet, and loses no row', async () => {
    const limits = { cacheBytesMax: 3 << 20, changelogBytesMax: 1 << 20 }
    const state = await opened(limits)
    const store = await state.store('one')
    const value = (key: number): string => `${key}`.padStart(1_000, '0')
    for (let sequence = 1; sequence <= 100; sequence++) {
      state.evict()
      for (let row = 0; row < 200; row++)
        await set(store, `key-${sequence * 200 + row}`, value(sequence * 200 + row))
      await state.prepare(sequence).finish()
      state.evict()
      expect(state.liveBytes).toBeLessThanOrEqual(limits.cacheBytesMax)
    }
    for (let key = 200; key < 20_200; key += 7) {
      state.evict()
      expect(await get(store, `key-${key}`)).toBe(value(key))
    }
  })

  it('is given back by rows that were removed, in stores that are never evicted from', async () => {
    const state = await opened({ changelogBytesMax: 10_000 })
    const store = await state.store('one', 'resident')
    for (let sequence = 1; sequence <= 2_000; sequence++) {
      state.evict()
      for (let row = 0; row < 5; row++) await set(store, `key-${sequence}-${row}`, 'due')
      if (sequence > 1) for (let row = 0; row < 5; row++) await remove(store, `key-${sequence - 1}-${row}`)
      await state.prepare(sequence).finish()
    }
    state.evict()
    // About 10,000 bytes of changelog are 700 changes; without giving back there would be 10,000 slots.
    expect(store.table.size).toBeLessThan(1_000)
    expect(await get(store, 'key-2000-4')).toBe('due')
    expect(await get(store, 'key-1999-4')).toBeUndefined()
  })

  it('holds a resident store wholly, in spite of the limit and of newer changes in the changelog', async () => {
    const disk = new MemoryDisk()
    const limits = { cacheBytesMax: 0 }
    const state = await opened(limits, disk)
    const store = await state.store('one', 'resident')
    for (let key = 0; key < 10_000; key++) await set(store, `key-${key}`, 'old')
    await state.prepare(1, true).finish()
    await set(store, 'key-1', 'new')
    await remove(store, 'key-2')
    const { changelog } = state.prepare(2)
    const block = async function* (): AsyncIterable<ChangelogBlock> {
      yield { sequence: 2, bytes: changelog }
    }
    const again = await TaskState.open(await new MemoryState({ disk }).open(TASK), block, {
      ...STATE_DEFAULTS,
      ...limits,
    })
    const resident = await again.store('one', 'resident')
    again.evict()
    const inMemory = (key: string): string | undefined => {
      const slot = resident.table.find(Buffer.from(key), 0, key.length)
      return slot < 0 ? undefined : resident.table.value(slot)?.toString()
    }
    expect([inMemory('key-0'), inMemory('key-1'), inMemory('key-2')]).toEqual(['old', 'new', undefined])
    for (let key = 3; key < 10_000; key++) expect(inMemory(`key-${key}`)).toBe('old')
  })
})

describe('restoring', () => {
  const blocks = (...all: readonly ChangelogBlock[]): Promise<TaskState> => {
    const changelog = async function* (): AsyncIterable<ChangelogBlock> {
      yield* all
    }
    return new MemoryState().open(TASK).then((disk) => TaskState.open(disk, changelog, STATE_DEFAULTS))
  }

  const blockOf = async (sequence: number, key: string): Promise<ChangelogBlock> => {
    const state = await opened({})
    await set(await state.store('one'), key, 'value')
    return { sequence, bytes: state.prepare(sequence).changelog }
  }

  it('refuses a changelog with a gap', async () => {
    const one = await blockOf(1, 'a')
    const three = await blockOf(3, 'b')
    await expect(blocks(one, three)).rejects.toThrow('STATE_CORRUPT: the changelog goes on at 3')
    await expect(blocks(three)).rejects.toThrow('STATE_CORRUPT')
  })

  it('refuses a block that ends early, wherever it is cut', async () => {
    const { bytes } = await blockOf(1, 'a')
    const whole = await blocks({ sequence: 1, bytes })
    expect(await get(await whole.store('one'), 'a')).toBe('value')
    const entry = bytes.indexOf('a', bytes.indexOf('one') + 3) - 8
    for (let end = 1; end < bytes.length; end++) {
      const cut = blocks({ sequence: 1, bytes: bytes.subarray(0, end) })
      if (end === entry) await cut
      else await expect(cut, `cut at ${end}`).rejects.toThrow('STATE_CORRUPT')
    }
  })

  it('refuses a row of a store that was never named', async () => {
    const entry = new ByteWriter()
    entry.u16(7)
    entry.u16(1)
    entry.u32(1)
    entry.bytes(Buffer.from('kv'))
    const restored = blocks({ sequence: 1, bytes: entry.copy() }).then(() => 'restored')
    await expect(restored).rejects.toThrow('STATE_CORRUPT')
  })

  it('finds a store by its name, whatever the order in which stores are asked for', async () => {
    const disk = new MemoryDisk()
    const first = await opened({}, disk)
    await set(await first.store('one'), 'key', 'of one')
    await set(await first.store('two'), 'key', 'of two')
    await first.prepare(1, true).finish()
    const second = await opened({}, disk)
    const three = await second.store('three')
    expect(await get(three, 'key')).toBeUndefined()
    expect(await get(await second.store('two'), 'key')).toBe('of two')
    expect(await get(await second.store('one'), 'key')).toBe('of one')
    expect(
      new Set([three.number, (await second.store('one')).number, (await second.store('two')).number]).size,
    ).toBe(3)
  })
})
