import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { StateStorage, TaskStorage } from '../../engine/state/port.ts'
import { openTaskDisk } from '../../engine/state/task-disk.ts'
import { refusal } from './log-subject.ts'
import { stateKeepsToItsModel } from './state-model.ts'

/** One adapter over one disk, empty at first. */
export interface StateFixture {
  /** Opens the storage as a new process would. */
  open(): Promise<StateStorage>
  /** Removes the disk. */
  dispose(): Promise<void>
}

export interface StateConformanceOptions {
  readonly modelRuns: number
}

const bytes = (...values: readonly number[]): Buffer => Buffer.from(values)
const textOf = (values: readonly (Buffer | undefined)[]): (string | undefined)[] =>
  values.map((value) => value?.toString())

const keysOf = async (from: TaskStorage, store: number, limit = 1000): Promise<string[]> =>
  (await from.scan(store, { limit })).map(({ key }) => key.toString())

const keysAfter = async (task: TaskStorage, after: string, prefix?: string): Promise<string[]> => {
  const bounds = { after: Buffer.from(after), ...(prefix !== undefined && { prefix: Buffer.from(prefix) }) }
  return (await task.scan(1, { ...bounds, limit: 100 })).map(({ key }) => key.toString())
}

/** What every state storage promises, whatever is behind it. */
export const stateConformance = (
  name: string,
  fixtureOf: () => Promise<StateFixture>,
  options: StateConformanceOptions,
): void => {
  describe(`${name}: the state's contract`, () => {
    let fixture: StateFixture
    let storage: StateStorage
    let task: TaskStorage

    beforeEach(async () => {
      fixture = await fixtureOf()
      storage = await fixture.open()
      task = await storage.open('task')
    })

    afterEach(async () => {
      await storage.close()
      await fixture.dispose()
    })

    const put = async (rows: Readonly<Record<string, string>>, sequence = 1, store = 1): Promise<void> => {
      const write = task.write()
      for (const [key, value] of Object.entries(rows)) write.put(store, Buffer.from(key), Buffer.from(value))
      await write.commit(sequence)
    }
    const get = async (...keys: readonly string[]): Promise<(string | undefined)[]> =>
      textOf(
        await task.getMany(
          1,
          keys.map((key) => Buffer.from(key)),
        ),
      )

    describe('reading many', () => {
      test('values come in the order asked, undefined where there is none', async () => {
        await put({ a: '1', b: '2', c: '3' })
        expect(await get('c', 'missing', 'a', 'c', 'b')).toEqual(['3', undefined, '1', '3', '2'])
        expect(await get()).toEqual([])
      })

      test('ten thousand keys are one read', async () => {
        const keys = Array.from({ length: 10_000 }, (_, at) => `key ${at}`)
        await put(Object.fromEntries(keys.map((key) => [key, `value of ${key}`])))
        expect(await get(...keys)).toEqual(keys.map((key) => `value of ${key}`))
      })

      test('an empty value is a value, and the empty key is a key', async () => {
        await put({ '': 'empty key', empty: '' })
        expect(await get('', 'empty', 'missing')).toEqual(['empty key', '', undefined])
      })

      test('reserved names are keys like others', async () => {
        expect(await get('__proto__', 'constructor')).toEqual([undefined, undefined])
        const write = task.write()
        write.put(1, Buffer.from('__proto__'), Buffer.from('x'))
        await write.commit(1)
        expect(await get('__proto__', 'constructor')).toEqual(['x', undefined])
      })

      test('what is done to an answer does not reach the row', async () => {
        await put({ a: 'value' })
        const [value] = await task.getMany(1, [Buffer.from('a')])
        value!.fill(0)
        expect(await get('a')).toEqual(['value'])
      })

      test('large values are kept whole', async () => {
        const large = Buffer.alloc(3 << 20, 'large')
        const write = task.write()
        write.put(1, Buffer.from('a'), large)
        await write.commit(1)
        const [value] = await task.getMany(1, [Buffer.from('a')])
        expect(value!.equals(large)).toBe(true)
      })
    })

    describe('writing', () => {
      test('nothing happens before the commit, and then everything', async () => {
        await put({ gone: 'x', kept: 'y' }, 3)
        const write = task.write()
        expect(write.rows).toBe(0)
        write.put(1, Buffer.from('new'), Buffer.from('1'))
        write.put(1, Buffer.from('kept'), Buffer.from('2'))
        write.remove(1, Buffer.from('gone'))
        expect(write.rows).toBe(3)
        expect(await get('new', 'kept', 'gone')).toEqual([undefined, 'y', 'x'])
        expect(task.sequence()).toBe(3)
        await write.commit(4)
        expect(await get('new', 'kept', 'gone')).toEqual(['1', '2', undefined])
        expect(task.sequence()).toBe(4)
      })

      test('the last change of a key in a batch counts', async () => {
        const write = task.write()
        write.put(1, Buffer.from('a'), Buffer.from('1'))
        write.remove(1, Buffer.from('a'))
        write.remove(1, Buffer.from('b'))
        write.put(1, Buffer.from('b'), Buffer.from('2'))
        await write.commit(1)
        expect(await get('a', 'b')).toEqual([undefined, '2'])
      })

      test('key and value may change once they were put', async () => {
        const key = Buffer.from('key')
        const value = Buffer.from('value')
        const write = task.write()
        write.put(1, key, value)
        key.fill(0)
        value.fill(0)
        await write.commit(1)
        expect(await get('key')).toEqual(['value'])
      })

      test('views into a larger buffer are read by their own bounds', async () => {
        const arena = Buffer.from('..key..value..')
        const write = task.write()
        write.put(1, new Uint8Array(arena.buffer, arena.byteOffset + 2, 3), arena.subarray(7, 12))
        await write.commit(1)
        expect(await get('key')).toEqual(['value'])
        expect(textOf(await task.getMany(1, [arena.subarray(2, 5)]))).toEqual(['value'])
      })

      test('removing what is not there is no error', async () => {
        const write = task.write()
        write.remove(1, Buffer.from('never'))
        await write.commit(1)
        expect(await get('never')).toEqual([undefined])
      })

      test('an empty batch moves only the sequence', async () => {
        await task.write().commit(9)
        expect(task.sequence()).toBe(9)
      })

      test('stores are numbers from 0 to 65535', async () => {
        const write = task.write()
        write.put(0, Buffer.from('low'), Buffer.from('0'))
        write.put(65_535, Buffer.from('high'), Buffer.from('1'))
        await write.commit(1)
        expect([await keysOf(task, 0), await keysOf(task, 65_535)]).toEqual([['low'], ['high']])
        for (const store of [-1, 65_536, 1.5, NaN]) {
          expect(() => task.write().put(store, Buffer.from('a'), Buffer.from('b'))).toThrow('store is')
          await expect(task.getMany(store, [])).rejects.toThrow('store is')
          await expect(task.scan(store, { limit: 1 })).rejects.toThrow('store is')
        }
      })
    })

    describe('scanning', () => {
      test('rows come in the order of their bytes', async () => {
        const keys = [
          bytes(),
          bytes(0),
          bytes(0, 0),
          bytes(0, 255),
          bytes(1),
          bytes(127),
          bytes(128),
          bytes(255),
          bytes(255, 255),
        ]
        const write = task.write()
        for (const key of keys.toReversed()) write.put(1, key, key)
        await write.commit(1)
        const rows = await task.scan(1, { limit: 100 })
        expect(rows.map(({ key }) => key.toString('hex'))).toEqual(keys.map((key) => key.toString('hex')))
        expect(rows.map(({ value }) => value.toString('hex'))).toEqual(keys.map((key) => key.toString('hex')))
      })

      test('a prefix takes all that begins with it and nothing else, though it end in 255', async () => {
        const keys = [
          bytes(7),
          bytes(7, 254, 9),
          bytes(7, 255),
          bytes(7, 255, 0),
          bytes(7, 255, 255, 1),
          bytes(8),
        ]
        const write = task.write()
        for (const key of keys) write.put(1, key, bytes(1))
        await write.commit(1)
        const scan = async (...prefix: readonly number[]): Promise<string[]> =>
          (await task.scan(1, { prefix: bytes(...prefix), limit: 100 })).map(({ key }) => key.toString('hex'))
        expect(await scan(7, 255)).toEqual(['07ff', '07ff00', '07ffff01'])
        expect(await scan(7)).toEqual(['07', '07fe09', '07ff', '07ff00', '07ffff01'])
        expect(await scan(255)).toEqual([])
        expect(await scan(9)).toEqual([])
      })

      test('a scan goes on after a key, which need not exist', async () => {
        await put({ a: '1', ab: '2', b: '3', c: '4' })
        expect(await keysAfter(task, 'a')).toEqual(['ab', 'b', 'c'])
        expect(await keysAfter(task, 'aa')).toEqual(['ab', 'b', 'c'])
        expect(await keysAfter(task, 'c')).toEqual([])
        expect(await keysAfter(task, 'a', 'a')).toEqual(['ab'])
        expect(await keysAfter(task, '', 'b')).toEqual(['b'])
        expect(await keysAfter(task, 'z', 'a')).toEqual([])
      })

      test('a scan answers no more rows than its limit, and pages add up to the whole', async () => {
        const keys = Array.from({ length: 10_000 }, (_, at) => String(at).padStart(6, '0'))
        await put(Object.fromEntries(keys.map((key) => [`k${key}`, ''])))
        const found: string[] = []
        let after: Buffer | undefined
        for (;;) {
          const rows = await task.scan(1, { limit: 4096, ...(after && { after }) })
          found.push(...rows.map(({ key }) => key.toString('utf8', 1)))
          if (rows.length < 4096) break
          after = rows.at(-1)!.key
        }
        expect(found).toEqual(keys)
        expect(await task.scan(1, { limit: 100_000 })).toHaveLength(10_000)
        expect(await task.scan(1, { limit: 0 })).toEqual([])
        await expect(task.scan(1, { limit: NaN })).rejects.toThrow('limit')
        await expect(task.scan(1, { limit: -1 })).rejects.toThrow('limit')
      })

      test('removed rows are passed over', async () => {
        await put({ a: '1', b: '2', c: '3' })
        const write = task.write()
        write.remove(1, Buffer.from('b'))
        await write.commit(2)
        expect(await keysOf(task, 1)).toEqual(['a', 'c'])
      })
    })

    describe('tasks and stores', () => {
      test('do not see each other', async () => {
        const other = await storage.open('other')
        await put({ a: 'task 1' }, 5, 1)
        await put({ a: 'task 2' }, 6, 2)
        const write = other.write()
        write.put(1, Buffer.from('a'), Buffer.from('other'))
        await write.commit(2)
        expect(textOf(await task.getMany(1, [Buffer.from('a')]))).toEqual(['task 1'])
        expect(textOf(await task.getMany(2, [Buffer.from('a')]))).toEqual(['task 2'])
        expect(textOf(await other.getMany(1, [Buffer.from('a')]))).toEqual(['other'])
        expect(textOf(await other.getMany(2, [Buffer.from('a')]))).toEqual([undefined])
        expect([task.sequence(), other.sequence()]).toEqual([6, 2])
        expect(await keysOf(task, 1)).toEqual(['a'])
      })

      test('a task opened again has its rows and sequence', async () => {
        await put({ a: '1' }, 7)
        await task.close()
        task = await storage.open('task')
        expect(await get('a')).toEqual(['1'])
        expect(task.sequence()).toBe(7)
      })
    })

    describe('what is stored', () => {
      test('is told by task: whoever was written, and the sequence that it stands for', async () => {
        expect(await storage.stored()).toEqual(new Map())
        await put({ a: '1' }, 7)
        await storage.open('opened only')
        expect(await storage.stored()).toEqual(new Map([['task', 7]]))
        await storage.close()
        storage = await fixture.open()
        expect(await storage.stored()).toEqual(new Map([['task', 7]]))
      })

      test('of one task can be dropped: it is then as it was at first, and others are as they were', async () => {
        const rows = Object.fromEntries(Array.from({ length: 5_000 }, (_, at) => [`key ${at}`, `${at}`]))
        await put(rows, 3)
        await put({ b: '2' }, 4, 65_535)
        const other = await storage.open('other')
        const write = other.write()
        write.put(1, Buffer.from('a'), Buffer.from('kept'))
        await write.commit(9)
        await task.close()
        await storage.drop('task')
        expect(await storage.stored()).toEqual(new Map([['other', 9]]))
        task = await storage.open('task')
        expect(task.sequence()).toBe(0)
        for (const store of [1, 65_535]) expect(await keysOf(task, store)).toEqual([])
        expect(await keysOf(other, 1)).toEqual(['a'])
      })

      test('that no sequence stands for are gone when a state is opened over them, others are there', async () => {
        await put({ a: '1', b: '2' }, 0)
        await task.close()
        task = await openTaskDisk(storage, 'task')
        expect(await keysOf(task, 1)).toEqual([])
        await put({ c: '3' }, 1)
        await task.close()
        task = await openTaskDisk(storage, 'task')
        expect([task.sequence(), await keysOf(task, 1)]).toEqual([1, ['c']])
      })
    })

    test('after reopening the storage, rows and sequences are as they were', async () => {
      await put({ a: '1', b: '2' }, 41)
      await put({ b: '3' }, 42)
      await storage.close()
      storage = await fixture.open()
      task = await storage.open('task')
      expect(task.sequence()).toBe(42)
      expect(await get('a', 'b')).toEqual(['1', '3'])
      expect((await storage.open('new')).sequence()).toBe(0)
    })

    test('after closing, every call is refused as closed, and closing again is harmless', async () => {
      const write = task.write()
      write.put(1, Buffer.from('a'), Buffer.from('b'))
      const other = await storage.open('other')
      await task.close()
      await task.close()
      await expect(task.getMany(1, [Buffer.from('a')])).rejects.toEqual(refusal('CLOSED'))
      await expect(task.scan(1, { limit: 1 })).rejects.toEqual(refusal('CLOSED'))
      await expect(write.commit(1)).rejects.toEqual(refusal('CLOSED'))
      expect(() => task.write()).toThrow('CLOSED')
      expect(await other.getMany(1, [Buffer.from('a')])).toEqual([undefined])
      await storage.close()
      await storage.close()
      await expect(other.getMany(1, [Buffer.from('a')])).rejects.toEqual(refusal('CLOSED'))
      await expect(storage.open('task')).rejects.toEqual(refusal('CLOSED'))
    })

    stateKeepsToItsModel(fixtureOf, options.modelRuns)
  })
}
