import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { partitionOf } from '../../engine/hash.ts'
import { keyOf } from '../../engine/key.ts'
import { KeyList } from '../../features/store/key-list.ts'
import type { FeatureChanges, FeatureReader, FeatureRows, FeatureStore } from '../../features/store/port.ts'
import { NOW, rowOf as featureRow } from '../features/oracle.ts'
import { touch, touchView } from '../features/sample.ts'
import { refusal } from './log-subject.ts'

export const FEATURE_PARTITIONS = 5
/** Of two stores, so that rows of one are not taken for the other's. */
export const FEATURE_VIEWS = [touchView(), touchView({ keySpace: 'author' })] as const

/** A feature store, empty at first. */
export interface FeatureReaderFixture {
  readonly reader: FeatureReader
  /** What a commit of a task changed comes to the store. */
  apply(changes: FeatureChanges): Promise<void>
  dispose(): Promise<void>
}

export interface FeatureStoreFixture extends FeatureReaderFixture {
  readonly reader: FeatureStore
  /** The store again, as another process opens it. */
  reopen(): Promise<FeatureStore>
  /** Loses everything the store holds. */
  lose(): Promise<void>
}

const [VIEW, OTHER] = FEATURE_VIEWS
const partitionOfKey = (key: Uint8Array): number => partitionOf(key, 0, key.length, FEATURE_PARTITIONS)
const rowOf = (text: string, version = VIEW.version): Buffer =>
  Buffer.concat([Buffer.from([version]), Buffer.from(text)])

/** Rows by the texts of their keys; null takes one away. */
type Rows = Readonly<Record<string, string | null>>

const changesOf = (
  rows: Rows,
  sequence: number,
  { store = VIEW.name, previous = sequence - 1, newest = sequence * 1000 } = {},
): FeatureChanges[] => {
  const byPartition = Map.groupBy(Object.entries(rows), ([key]) => partitionOfKey(keyOf(key)))
  return [...byPartition].map(([partition, entries]) => ({
    store,
    partition,
    sequence,
    previous,
    newest,
    rows: entries.map(([key, row]) => [keyOf(key), row === null ? null : rowOf(row)] as const),
  }))
}

const textsOf = ({ buffers, starts, ends }: FeatureRows): (string | undefined)[] =>
  buffers.map((buffer, index) =>
    starts[index] === ends[index] ? undefined : buffer.toString('utf8', starts[index], ends[index]),
  )

/** What every feature store promises its readers. */
export const featureReaderConformance = (
  name: string,
  fixtureOf: () => Promise<FeatureReaderFixture>,
): void => {
  describe(`${name}: what readers are promised`, () => {
    let fixture: FeatureReaderFixture

    beforeEach(async () => {
      fixture = await fixtureOf()
    })
    afterEach(() => fixture.dispose())

    const apply = async (changes: readonly FeatureChanges[]): Promise<void> => {
      for (const each of changes) await fixture.apply(each)
    }
    const read = async (...keys: readonly string[]): Promise<(string | undefined)[]> =>
      textsOf(
        await fixture.reader.readMany(
          VIEW,
          keys.map((key) => keyOf(key)),
        ),
      )

    test('rows come in the order asked, from every partition, an empty range where there is none', async () => {
      const keys = Array.from({ length: 40 }, (_, at) => `key ${at}`)
      await apply(changesOf(Object.fromEntries(keys.map((key) => [key, `row of ${key}`])), 1))
      expect(await read(...keys.toReversed())).toEqual(keys.toReversed().map((key) => `row of ${key}`))
      expect(await read('key 3', 'missing', 'key 3', 'key 7')).toEqual([
        'row of key 3',
        undefined,
        'row of key 3',
        'row of key 7',
      ])
      expect(await read()).toEqual([])
    })

    test('a later change replaces a row, or takes it away', async () => {
      await apply(changesOf({ a: 'one', b: 'two' }, 1))
      await apply(changesOf({ a: 'newer', b: null }, 2))
      expect(await read('a', 'b')).toEqual(['newer', undefined])
    })

    test('stores do not mix, though their keys be the same', async () => {
      await apply(changesOf({ a: 'of the view' }, 1))
      await apply(changesOf({ a: 'of the other' }, 1, { store: OTHER.name }))
      expect(await read('a')).toEqual(['of the view'])
      expect(textsOf(await fixture.reader.readMany(OTHER, [keyOf('a')]))).toEqual(['of the other'])
    })

    test('a row of another version of the view is as good as none', async () => {
      const key = keyOf('a')
      const rows = [[key, rowOf('old', VIEW.version + 1)] as const]
      const partition = partitionOfKey(key)
      await fixture.apply({ store: VIEW.name, partition, sequence: 1, previous: 0, newest: 1, rows })
      expect(await read('a')).toEqual([undefined])
    })

    test('keys and rows may hold any bytes', async () => {
      const key = Buffer.from([0x7b, 0x7d, 0, 0x0d, 0x0a, 0xff, 0xfe, 0x3a])
      const row = Buffer.from([VIEW.version, 0, 0x0d, 0x0a, 0xff, 0x80])
      const partition = partitionOfKey(key)
      await fixture.apply({
        store: VIEW.name,
        partition,
        sequence: 1,
        previous: 0,
        newest: 1,
        rows: [[key, row]],
      })
      const { buffers, starts, ends } = await fixture.reader.readMany(VIEW, [key])
      expect(buffers[0]!.subarray(starts[0], ends[0])).toEqual(row.subarray(1))
    })

    test('filling writes the columns of each key where they are wanted, and nothing beside', async () => {
      const events = [touch(), touch({ kind: 'comment', at: NOW - 1000 })]
      const key = keyOf('ann', 'bob')
      const row = Buffer.concat([Buffer.of(VIEW.version), featureRow(VIEW, events)])
      const partition = partitionOfKey(key)
      const rows = [[key, row]] as const
      await fixture.apply({ store: VIEW.name, partition, sequence: 1, previous: 0, newest: NOW, rows })
      const keys = new KeyList()
      keys.addPair('nobody', 'bob')
      keys.addPair('ann', 'bob')
      const stride = VIEW.columns.length + 2
      const into = new Float32Array(1 + 2 * stride).fill(-7)
      await fixture.reader.fill(VIEW, keys, NOW, { into, offset: 1, stride })
      const expected = new Float32Array(into.length).fill(-7)
      for (const [index, each] of [Buffer.alloc(0), row.subarray(1)].entries()) {
        VIEW.read(each, 0, each.length, NOW, expected, 1 + index * stride)
      }
      expect(into).toEqual(expected)
    })

    test('a partition stands where its last change does; nowhere before the first', async () => {
      expect(await fixture.reader.position(VIEW.name, 2)).toEqual({ sequence: 0, newest: -1 })
      const of = { store: VIEW.name, partition: 2, rows: [] }
      await fixture.apply({ ...of, sequence: 3, previous: 0, newest: 1_700_000_000_001 })
      await fixture.apply({ ...of, sequence: 9, previous: 3, newest: 1_700_000_000_002 })
      expect(await fixture.reader.position(VIEW.name, 2)).toEqual({ sequence: 9, newest: 1_700_000_000_002 })
      expect(await fixture.reader.position(VIEW.name, 1)).toEqual({ sequence: 0, newest: -1 })
      expect(await fixture.reader.position(OTHER.name, 2)).toEqual({ sequence: 0, newest: -1 })
    })
  })
}

/** What every feature store that is written to promises beside. */
export const featureStoreConformance = (
  name: string,
  fixtureOf: () => Promise<FeatureStoreFixture>,
): void => {
  featureReaderConformance(name, fixtureOf)

  describe(`${name}: what writers are promised`, () => {
    let fixture: FeatureStoreFixture
    let store: FeatureStore

    beforeEach(async () => {
      fixture = await fixtureOf()
      store = fixture.reader
    })
    afterEach(() => fixture.dispose())

    const apply = async (changes: readonly FeatureChanges[]): Promise<void> => {
      for (const each of changes) await store.apply(each)
    }
    const read = async (...keys: readonly string[]): Promise<(string | undefined)[]> =>
      textsOf(
        await store.readMany(
          VIEW,
          keys.map((key) => keyOf(key)),
        ),
      )
    const standsAt = async (key: string): Promise<number> =>
      (await store.position(VIEW.name, partitionOfKey(keyOf(key)))).sequence

    test('a change applied again changes nothing', async () => {
      await apply(changesOf({ a: 'one' }, 1))
      await apply(changesOf({ a: 'two' }, 2))
      await apply(changesOf({ a: 'two' }, 2))
      await apply(changesOf({ a: 'one' }, 1))
      expect([await read('a'), await standsAt('a')]).toEqual([['two'], 2])
    })

    test('a slow writer that was replaced puts no old row over a new one', async () => {
      const replaced = await fixture.reopen()
      await apply(changesOf({ a: 'one' }, 1))
      await apply(changesOf({ a: 'two' }, 2))
      await apply(changesOf({ a: null }, 3))
      for (const change of changesOf({ a: 'late' }, 2)) await replaced.apply(change)
      expect([await read('a'), await standsAt('a')]).toEqual([[undefined], 3])
      await replaced.close()
    })

    test('a change that would leave a gap is refused whole, and the store says where it stands', async () => {
      await apply(changesOf({ a: 'one' }, 1))
      await expect(apply(changesOf({ a: 'three' }, 3, { previous: 2 }))).rejects.toEqual(
        refusal('FEATURES_LOST'),
      )
      expect([await read('a'), await standsAt('a')]).toEqual([['one'], 1])
      await apply(changesOf({ a: 'two' }, 2))
      await apply(changesOf({ a: 'three' }, 3))
      expect([await read('a'), await standsAt('a')]).toEqual([['three'], 3])
    })

    test('a store that lost its memory is fed again from the start, and nothing is skipped', async () => {
      await apply(changesOf({ a: 'one', b: 'kept' }, 1))
      await apply(changesOf({ a: 'two' }, 2))
      await fixture.lose()
      expect([await read('a', 'b'), await standsAt('a')]).toEqual([[undefined, undefined], 0])
      await expect(apply(changesOf({ a: 'three' }, 3))).rejects.toEqual(refusal('FEATURES_LOST'))
      await apply(changesOf({ a: 'one', b: 'kept' }, 1))
      await apply(changesOf({ a: 'two' }, 2))
      await apply(changesOf({ a: 'three' }, 3))
      expect(await read('a', 'b')).toEqual(['three', 'kept'])
    })

    test('twenty thousand rows of one partition are one change', async () => {
      const keys = Array.from({ length: 20_000 }, (_, at) => keyOf('user', `${at}`))
      const rows = keys.map((key, at) => [key, rowOf(`row ${at}`)] as const)
      const partition = partitionOfKey(keys[0]!)
      await store.apply({ store: VIEW.name, partition, sequence: 1, previous: 0, newest: 1, rows })
      const read = await store.readMany(VIEW, keys)
      expect(textsOf(read)).toEqual(keys.map((_, at) => `row ${at}`))
    })

    test('readers never see a part of a change', async () => {
      const keys = Array.from({ length: 200 }, (_, at) => keyOf(`user`, `${at}`))
      const partition = partitionOfKey(keys[0]!)
      const writing = (async () => {
        for (let sequence = 1; sequence <= 50; sequence++) {
          const rows = keys.map((key) => [key, rowOf(`${sequence}`)] as const)
          await store.apply({
            store: VIEW.name,
            partition,
            sequence,
            previous: sequence - 1,
            newest: sequence,
            rows,
          })
        }
      })()
      const reader = await fixture.reopen()
      const seen = new Set<string | undefined>()
      for (let reads = 0; reads < 100; reads++) {
        const texts = new Set(textsOf(await reader.readMany(VIEW, keys)))
        expect(texts.size).toBe(1)
        for (const text of texts) seen.add(text)
      }
      await writing
      expect(seen.size).toBeGreaterThan(1)
      await reader.close()
    })

    test('another process finds everything as it was left', async () => {
      await apply(changesOf({ a: 'one' }, 7, { previous: 0 }))
      const again = await fixture.reopen()
      expect(textsOf(await again.readMany(VIEW, [keyOf('a')]))).toEqual(['one'])
      expect(await again.position(VIEW.name, partitionOfKey(keyOf('a')))).toEqual({
        sequence: 7,
        newest: 7000,
      })
      await again.close()
    })

    test('changes given by crashing writers, again and again and out of date, end as the last of each key', async () => {
      const change = fc.dictionary(
        fc.constantFrom('a', 'b', 'c', 'd'),
        fc.option(fc.string({ minLength: 1 })),
      )
      await fc.assert(
        fc.asyncProperty(
          fc.array(change, { minLength: 1, maxLength: 8 }),
          fc.array(fc.nat(7), { maxLength: 12 }),
          async (changes, restarts) => {
            await fixture.lose()
            // A partition's changes by sequence; those of commits that did not touch it are left out.
            const feeds = Array.from({ length: FEATURE_PARTITIONS }, (_, partition) => {
              const feed = changes.flatMap((rows, index) =>
                changesOf(rows, index + 1).filter((each) => each.partition === partition),
              )
              return feed.map((each, index) => ({ ...each, previous: feed[index - 1]?.sequence ?? 0 }))
            })
            for (const feed of feeds) {
              for (const from of [...restarts, 0]) {
                for (const each of feed.slice(from)) await store.apply(each).catch(expectLost)
              }
            }
            const expected = Object.assign({}, ...changes) as Record<string, string | null>
            const keys = Object.keys(expected)
            expect(await read(...keys)).toEqual(keys.map((key) => expected[key] ?? undefined))
          },
        ),
        { numRuns: 25 },
      )
    })
  })
}

const expectLost = (error: unknown): void => expect(error).toEqual(refusal('FEATURES_LOST'))
