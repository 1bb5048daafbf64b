import { describe, expect, test } from 'vitest'
import { EngineError } from '../../../engine/errors.ts'
import { keyOf } from '../../../engine/key.ts'
import { NearCache, type NearCacheOptions, OLDEST_GIVEN_MS } from '../../../features/store/near-cache.ts'
import type { RowReader } from '../../../features/store/port.ts'

/** Rows that change, behind a line that may be cut; counts what it is asked for. */
class Rows implements RowReader {
  readonly rows = new Map<string, string>()
  asked: string[] = []
  isCut = false
  /** Answers are as of when they were asked for, and come when it resolves. */
  until: Promise<void> | undefined

  async readRows(_store: string, keys: readonly Uint8Array[]): Promise<readonly (Buffer | null)[]> {
    if (this.isCut) throw new EngineError('FEATURES_UNAVAILABLE', 'cut')
    const names = keys.map((key) => Buffer.from(key).toString())
    this.asked.push(...names)
    const found = names.map((name) => (this.rows.has(name) ? Buffer.from(this.rows.get(name)!) : null))
    await this.until
    return found
  }
}

const setUp = (options: Partial<NearCacheOptions> = {}) => {
  const time = { ms: 1_000 }
  const rows = new Rows()
  const cache = new NearCache(rows, {
    rowsMax: 100,
    freshMsMax: 50,
    staleMsMax: 1_000,
    isShared: (store) => store === 'post',
    isKept: (store) => store !== 'pair',
    monotonicMs: () => time.ms,
    ...options,
  })
  const readingFrom =
    (from: RowReader) =>
    async (store: string, ...keys: readonly string[]): Promise<(string | null)[]> => {
      const found = await from.readRows(
        store,
        keys.map((key) => keyOf(key)),
      )
      return found.map((row) => row?.toString() ?? null)
    }
  return { time, rows, cache, read: readingFrom(cache), readAnew: readingFrom(cache.anew) }
}

describe('rows of shared stores', () => {
  test('are read once while fresh, those that are not there too, and anew after', async () => {
    const { time, rows, cache, read } = setUp()
    rows.rows.set('a', 'one')
    expect(await read('post', 'a', 'b')).toEqual(['one', null])
    rows.rows.set('a', 'two')
    time.ms += 50
    expect(await read('post', 'b', 'a', 'c')).toEqual([null, 'one', null])
    expect(rows.asked).toEqual(['a', 'b', 'c'])
    expect(cache.oldestGivenMs).toBe(50)
    time.ms += 1
    expect(await read('post', 'a')).toEqual(['two'])
  })

  test('are told of by the age of the oldest given lately, to everybody the same, until it is a minute or two ago', async () => {
    const { time, cache, read } = setUp()
    const told = (): readonly number[] => [cache.oldestGivenMs, cache.oldestGivenMs]
    expect(told()).toEqual([0, 0])
    await read('post', 'a')
    time.ms += 50
    await read('post', 'a')
    expect(told()).toEqual([50, 50])
    time.ms += OLDEST_GIVEN_MS
    await read('post', 'a')
    time.ms += 20
    await read('post', 'a')
    expect(told()).toEqual([50, 50])
    time.ms += OLDEST_GIVEN_MS
    expect(told()).toEqual([20, 20])
    time.ms += 2 * OLDEST_GIVEN_MS
    expect(told()).toEqual([0, 0])
  })

  test('are replaced by what is heard of them, where they are kept', async () => {
    const { time, rows, cache, read } = setUp()
    rows.rows.set('a', 'one')
    await read('post', 'a')
    time.ms += 40
    cache.hear('post', keyOf('a'), Buffer.from('two'), time.ms)
    cache.hear('post', keyOf('unread'), Buffer.from('x'), time.ms)
    time.ms += 40
    expect(await read('post', 'a')).toEqual(['two'])
    expect(rows.asked).toEqual(['a'])
    cache.hear('post', keyOf('a'), null, time.ms)
    expect(await read('post', 'a')).toEqual([null])
    expect(cache.counts).toMatchObject({ rows: 1, heard: 2 })
  })

  test('are as old as what they were heard to follow upon, however late they are heard', async () => {
    const { time, rows, cache, read } = setUp()
    await read('post', 'a')
    rows.rows.set('a', 'three')
    cache.hear('post', keyOf('a'), Buffer.from('two'), time.ms - 20)
    time.ms += 30
    expect(await read('post', 'a')).toEqual(['two'])
    time.ms += 1
    expect(await read('post', 'a')).toEqual(['three'])
  })

  test('are not replaced by an answer that was asked for before they were heard, or asked for by others', async () => {
    const { time, rows, cache, read } = setUp()
    const first = Promise.withResolvers<void>()
    rows.rows.set('a', 'one').set('b', 'one')
    await read('post', 'a')
    time.ms += 51
    rows.until = first.promise
    const slow = read('post', 'a', 'b')
    time.ms += 1
    rows.until = undefined
    rows.rows.set('b', 'two')
    await read('post', 'b')
    cache.hear('post', keyOf('a'), Buffer.from('two'), time.ms - 5)
    first.resolve()
    expect(await slow).toEqual(['one', 'one'])
    expect(await read('post', 'a', 'b')).toEqual(['two', 'two'])
  })

  test('are read each time by who must have them as they are now, and given as kept only in need', async () => {
    const { time, rows, read, readAnew } = setUp()
    rows.rows.set('a', 'one')
    await read('post', 'a')
    rows.rows.set('a', 'two')
    expect(await readAnew('post', 'a')).toEqual(['two'])
    expect(await read('post', 'a')).toEqual(['two'])
    rows.isCut = true
    time.ms += 1_000
    expect(await readAnew('post', 'a')).toEqual(['two'])
    time.ms += 1
    await expect(readAnew('post', 'a')).rejects.toThrow('FEATURES_UNAVAILABLE')
  })

  test('are no more than are allowed: those used longest ago go', async () => {
    const { rows, cache, read } = setUp({ rowsMax: 2 })
    await read('post', 'a', 'b')
    await read('post', 'a')
    await read('post', 'c')
    expect(cache.counts.rows).toBe(2)
    rows.asked = []
    await read('post', 'a', 'c', 'b')
    expect(rows.asked).toEqual(['b'])
  })
})

describe('when the store behind does not answer', () => {
  test("a user's rows, else read each time, are given as they were, up to an age", async () => {
    const { time, rows, cache, read } = setUp()
    rows.rows.set('a', 'one')
    await read('seen', 'a')
    await read('seen', 'a')
    expect(rows.asked).toEqual(['a', 'a'])
    rows.isCut = true
    time.ms += 1_000
    expect(await read('seen', 'a')).toEqual(['one'])
    expect(cache.counts.stale).toBe(1)
    time.ms += 1
    await expect(read('seen', 'a')).rejects.toThrow('FEATURES_UNAVAILABLE')
  })

  test('nothing is given where a part is not known: it would be taken for rows that are not there', async () => {
    const { rows, read } = setUp()
    await read('seen', 'a')
    rows.isCut = true
    await expect(read('seen', 'a', 'b')).rejects.toThrow('FEATURES_UNAVAILABLE')
  })

  test('stores that are not kept are read through', async () => {
    const { rows, cache, read } = setUp()
    await read('pair', 'a')
    rows.isCut = true
    await expect(read('pair', 'a')).rejects.toThrow('FEATURES_UNAVAILABLE')
    expect(cache.counts.rows).toBe(0)
  })
})
