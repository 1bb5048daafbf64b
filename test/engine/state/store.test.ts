import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import { MemoryState } from '../../../engine/state/memory.ts'
import type { TaskStorage } from '../../../engine/state/port.ts'
import { NO_ROW, ON_DISK, Store } from '../../../engine/state/store.ts'
import { NO_SLOT } from '../../../engine/state/table.ts'

const STORE = 3
const bytes = (text: string): Buffer => Buffer.from(text)

/** A disk that has been written to, so that the store cannot know its rows without asking. */
const diskWith = async (rows: Readonly<Record<string, string>>): Promise<TaskStorage> => {
  const disk = await new MemoryState().open('task')
  const write = disk.write()
  for (const [key, value] of Object.entries(rows)) write.put(STORE, bytes(key), bytes(value))
  await write.commit(1)
  return disk
}

/** Notes every read of many keys. */
const noting = (disk: TaskStorage, reads: string[][]): TaskStorage => ({
  sequence: () => disk.sequence(),
  getMany: (store, keys) => {
    reads.push(keys.map((key) => Buffer.from(key).toString()))
    return disk.getMany(store, keys)
  },
  scan: (store, options) => disk.scan(store, options),
  write: () => disk.write(),
  close: () => disk.close(),
})

const want = (store: Store, key: string): number => store.want(bytes(key), 0, bytes(key).length)
const valueOf = (store: Store, slot: number): string | undefined => store.table.value(slot)?.toString()
const set = async (store: Store, key: string, value: string): Promise<number> => {
  const slot = want(store, key)
  await store.fetch()
  store.set(slot, bytes(value), 0, bytes(value).length)
  return slot
}
const isInMemory = (store: Store, key: string): boolean =>
  store.table.find(bytes(key), 0, bytes(key).length) !== NO_SLOT

/** Writes every changed row to disk, as a commit would. */
const flush = async (store: Store, disk: TaskStorage): Promise<void> => {
  const slots = store.takeTouched()
  const write = disk.write()
  for (const slot of slots) {
    store.markDirty(slot)
    store.writeTo(write, slot)
  }
  await write.commit(disk.sequence() + 1)
  for (const slot of slots) store.written(slot)
  store.dropRemoved()
}

describe('fetching', () => {
  it('asks the disk once for all the keys that memory lacks, and for none twice', async () => {
    const reads: string[][] = []
    const store = new Store('store', STORE, noting(await diskWith({ a: '1', b: '2' }), reads))
    const slots = ['a', 'none', 'b', 'a'].map((key) => want(store, key))
    expect(store.hasMissing).toBe(true)
    await store.fetch()
    expect(slots.map((slot) => valueOf(store, slot))).toEqual(['1', undefined, '2', '1'])
    for (const key of ['a', 'none', 'b']) want(store, key)
    expect(store.hasMissing).toBe(false)
    await store.fetch()
    expect(reads).toEqual([['a', 'none', 'b']])
  })

  it('asks for nothing while every row there is lies in memory', async () => {
    const reads: string[][] = []
    const store = new Store('store', STORE, noting(await new MemoryState().open('task'), reads))
    want(store, 'new')
    await store.fetch()
    expect(reads).toEqual([])
  })
})

describe('eviction', () => {
  let disk: TaskStorage
  let store: Store

  beforeEach(async () => {
    disk = await diskWith({ old: '0' })
    store = new Store('store', STORE, disk)
  })

  it('leaves rows that the disk does not have yet', async () => {
    const slot = await set(store, 'changed', '1')
    store.evict(Infinity)
    expect(valueOf(store, slot)).toBe('1')
    store.takeTouched()
    store.markDirty(slot)
    store.evict(Infinity)
    expect(valueOf(store, slot)).toBe('1')
    const write = disk.write()
    store.writeTo(write, slot)
    store.evict(Infinity)
    expect(valueOf(store, slot)).toBe('1')
    await write.commit(2)
    store.written(slot)
    store.evict(Infinity)
    expect(isInMemory(store, 'changed')).toBe(false)
  })

  it('leaves rows used since it last passed, for one pass', async () => {
    for (const key of ['a', 'b', 'c']) await set(store, key, key)
    await flush(store, disk)
    const bytesOfOne = store.table.liveBytes / 3
    store.evict(1)
    expect(store.table.liveBytes).toBeCloseTo(2 * bytesOfOne)
    const [first, second] = ['a', 'b', 'c'].filter((key) => isInMemory(store, key))
    want(store, first!)
    store.evict(1)
    expect(isInMemory(store, first!)).toBe(true)
    expect(isInMemory(store, second!)).toBe(false)
  })

  it('answers how much it could not free', async () => {
    await set(store, 'held', 'x'.repeat(1_000))
    expect(store.evict(500)).toBe(500)
  })

  it('makes room, and what it evicted is fetched again', async () => {
    for (let key = 0; key < 5_000; key++) await set(store, `key-${key}`, `${key}`)
    await flush(store, disk)
    const before = store.table.liveBytes
    expect(store.evict(before / 2)).toBe(0)
    expect(store.table.liveBytes).toBeLessThanOrEqual(before / 2)
    const slots = Array.from({ length: 5_000 }, (_, key) => want(store, `key-${key}`))
    await store.fetch()
    slots.forEach((slot, key) => {
      if (valueOf(store, slot) !== `${key}`) throw new Error(`key-${key} is ${valueOf(store, slot)}`)
    })
  })
})

type Step =
  | { readonly kind: 'set' | 'remove' | 'want'; readonly key: string; readonly value: string }
  | { readonly kind: 'flush' | 'evict' | 'fetch' }

const keys = fc.stringMatching(/^[ab]{1,4}$/)
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({
        kind: fc.constantFrom('set' as const, 'set' as const, 'remove' as const, 'want' as const),
        key: keys,
        value: fc.string({ maxLength: 5 }),
      }),
    },
    fc.record({ kind: fc.constantFrom('flush' as const, 'evict' as const, 'fetch' as const) }),
  ),
  { maxLength: 60 },
)

/** A store and the rows it should hold, after any steps. */
const play = async (sequence: readonly Step[]): Promise<{ store: Store; model: Map<string, string> }> => {
  const model = new Map([
    ['a', 'disk'],
    ['abab', 'disk'],
    ['bb', 'disk'],
  ])
  const disk = await diskWith(Object.fromEntries(model))
  const store = new Store('store', STORE, disk)
  for (const step of sequence) {
    if (!('key' in step)) {
      if (step.kind === 'flush') await flush(store, disk)
      else if (step.kind === 'evict') store.evict(Infinity)
      else await store.fetch()
    } else {
      const slot = want(store, step.key)
      if (step.kind === 'want') continue
      await store.fetch()
      if (step.kind === 'remove') {
        store.remove(slot)
        model.delete(step.key)
      } else {
        store.set(slot, bytes(step.value), 0, bytes(step.value).length)
        model.set(step.key, step.value)
      }
    }
  }
  return { store, model }
}

describe('readers outside the task', () => {
  it('scan rows in key order, of a prefix, after a key, up to a limit, memory over disk', async () => {
    await fc.assert(
      fc.asyncProperty(
        steps,
        fc.option(keys, { nil: undefined }),
        fc.option(keys, { nil: undefined }),
        fc.nat(6),
        async (sequence, prefix, after, limit) => {
          const { store, model } = await play(sequence)
          const rows = await store.scan({
            limit,
            ...(prefix !== undefined && { prefix: bytes(prefix) }),
            ...(after !== undefined && { after: bytes(after) }),
          })
          const expected = [...model]
            .filter(([key]) => key.startsWith(prefix ?? '') && (after === undefined || key > after))
            .sort(([one], [other]) => (one < other ? -1 : 1))
            .slice(0, limit)
          expect(rows.map(({ key, value }) => [key.toString(), value.toString()])).toEqual(expected)
        },
      ),
      { numRuns: 300 },
    )
  })

  it('read many keys, each as memory has it, or else the disk', async () => {
    await fc.assert(
      fc.asyncProperty(steps, fc.array(keys), async (sequence, wanted) => {
        const { store, model } = await play(sequence)
        const rows = await store.readMany(wanted.map(bytes))
        expect(rows.map((row) => row?.toString())).toEqual(wanted.map((key) => model.get(key)))
      }),
      { numRuns: 300 },
    )
  })

  it('get copies that later changes leave alone', async () => {
    const store = new Store('store', STORE, await diskWith({}))
    await set(store, 'a', 'before')
    const [row] = await store.readMany([bytes('a')])
    const [scanned] = await store.scan({ limit: 1 })
    await set(store, 'a', 'after!')
    expect([row!.toString(), scanned!.value.toString()]).toEqual(['before', 'before'])
  })
})

describe('a reader outside the task', () => {
  const look = (store: Store, key: string): string | number => {
    const slot = store.look(bytes(key), 0, bytes(key).length)
    return slot >= 0 ? valueOf(store, slot)! : slot
  }

  it('reads where rows lie, and asks the disk once for the others, those that are not there too', async () => {
    const reads: string[][] = []
    const store = new Store('store', STORE, noting(await diskWith({ a: '1', b: '2' }), reads))
    await set(store, 'a', '3')
    reads.length = 0
    expect(['a', 'b', 'none'].map((key) => look(store, key))).toEqual(['3', ON_DISK, ON_DISK])
    expect(await store.fetchMany([bytes('b'), bytes('none')])).toEqual([bytes('2'), undefined])
    expect(['a', 'b', 'none'].map((key) => look(store, key))).toEqual(['3', '2', NO_ROW])
    expect(reads).toEqual([['b', 'none']])
    expect(store.takeTouched()).toHaveLength(1)
  })

  it('never reads a row older than what the task wrote, whatever happens while the disk is read', async () => {
    const keys = ['a', 'b', 'c']
    const step = fc.record({
      what: fc.constantFrom('set', 'remove', 'flush', 'evict', 'read', 'wait'),
      key: fc.constantFrom(...keys),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const gate = new Gate()
        const disk = await diskWith({ a: 'old', b: 'old' })
        const store = new Store('store', STORE, { ...noting(disk, []), getMany: gate.after(disk) })
        const truth = new Map([
          ['a', 'old'],
          ['b', 'old'],
        ])
        let written = 0
        const reading: Promise<unknown>[] = []
        for (const { what, key } of steps) {
          if (what === 'set' || what === 'remove') {
            const slot = want(store, key)
            await gate.open(store.fetch())
            if (what === 'set') {
              const value = `new ${++written}`
              store.set(slot, bytes(value), 0, value.length)
              truth.set(key, value)
            } else {
              store.remove(slot)
              truth.delete(key)
            }
          } else if (what === 'flush') await flush(store, disk)
          else if (what === 'evict') store.evict(1 << 20)
          else if (what === 'read') reading.push(store.fetchMany([bytes(key)]))
          else await gate.open(Promise.resolve())
        }
        await gate.open(Promise.all(reading))
        for (const key of keys) {
          const found = look(store, key)
          if (found !== ON_DISK) expect(found).toBe(truth.get(key) ?? NO_ROW)
          const [row] = await gate.open(store.fetchMany([bytes(key)]))
          expect(row?.toString()).toBe(truth.get(key))
        }
      }),
    )
  })
})

/** Holds reads back until it is opened: each has read the disk as it was when it was asked. */
class Gate {
  private waiting: (() => void)[] = []

  after(disk: TaskStorage): TaskStorage['getMany'] {
    return async (store, keys) => {
      const rows = await disk.getMany(store, keys)
      await new Promise<void>((resolve) => this.waiting.push(resolve))
      return rows
    }
  }

  /** Lets all go, those that wait and those that come, until this is done. */
  async open<Value>(work: Promise<Value>): Promise<Value> {
    const gate = { done: false }
    void work.finally(() => (gate.done = true))
    do {
      await new Promise((resolve) => setImmediate(resolve))
      for (const go of this.waiting.splice(0)) go()
    } while (!gate.done)
    return work
  }
}
