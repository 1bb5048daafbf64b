import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { partitionOf } from '../../../engine/hash.ts'
import { keyOf } from '../../../engine/key.ts'
import { MemoryState } from '../../../engine/state/memory.ts'
import { Store } from '../../../engine/state/store.ts'
import { EmbeddedFeatureStore, type RowSource } from '../../../features/store/embedded.ts'
import { fillFromRows } from '../../../features/store/fill.ts'
import { KeyList } from '../../../features/store/key-list.ts'
import type { FeaturePosition } from '../../../features/store/port.ts'
import {
  FEATURE_PARTITIONS,
  FEATURE_VIEWS,
  featureReaderConformance,
} from '../../conformance/feature-store.ts'
import { emptyStore } from '../../engine/stores.ts'
import type { Touch } from '../sample.ts'
import { touchView } from '../sample.ts'
import { NOW, rowOf, touchLists } from '../oracle.ts'

const view = touchView()
const WIDTH = view.columns.length
const PARTITIONS = 3
const STORE = 1

type Place = 'memory' | 'disk' | 'nowhere'

interface Placed {
  readonly user: string
  readonly author: string
  readonly events: readonly Touch[]
  readonly place: Place
  readonly version: number
}

const placed = fc.record({
  user: fc.constantFrom('ann', 'bob', 'žofie', 'x'.repeat(64)),
  author: fc.string({ minLength: 1, maxLength: 12 }).map((text) => text.replaceAll('\0', '')),
  events: touchLists,
  place: fc.constantFrom<Place>('memory', 'disk', 'nowhere'),
  version: fc.constantFrom(view.version, view.version, view.version - 1),
})

const rowsOf = (list: readonly Placed[]): Placed[] => {
  const byKey = new Map(list.map((each) => [`${each.user}\0${each.author}`, each]))
  return [...byKey.values()]
}

/** Stores whose rows lie in memory and on disk as they are placed. */
const sourceOf = async (rows: readonly Placed[]): Promise<RowSource & { reads: number }> => {
  const state = new MemoryState()
  const stores: Store[] = []
  const source = {
    reads: 0,
    openStores: () => stores,
    storeOf: async (_name: string, key: Uint8Array) => stores[partitionOf(key, 0, key.length, PARTITIONS)],
    positionOf: () => ({ sequence: 1, newest: NOW }),
  }
  for (let partition = 0; partition < PARTITIONS; partition++) {
    const disk = await state.open(`task-${partition}`)
    const own = rows.filter(({ user, author }) => {
      const key = keyOf(user, author)
      return partitionOf(key, 0, key.length, PARTITIONS) === partition
    })
    const write = disk.write()
    for (const each of own)
      if (each.place === 'disk') write.put(STORE, keyOf(each.user, each.author), bytesOf(each))
    await write.commit(1)
    const getMany: typeof disk.getMany = (store, keys) => {
      source.reads++
      return disk.getMany(store, keys)
    }
    const store = new Store(view.name, STORE, {
      sequence: () => disk.sequence(),
      getMany,
      scan: (number, options) => disk.scan(number, options),
      write: () => disk.write(),
      close: () => disk.close(),
    })
    for (const each of own) {
      if (each.place !== 'memory') continue
      const key = keyOf(each.user, each.author)
      const slot = store.want(key, 0, key.length)
      await store.fetch()
      const row = bytesOf(each)
      store.set(slot, row, 0, row.length)
    }
    stores.push(store)
  }
  source.reads = 0
  return source
}

const bytesOf = ({ events, version }: Placed): Buffer =>
  Buffer.concat([Buffer.of(version), rowOf(view, events)])

const listOf = (rows: readonly Placed[]): KeyList => {
  const keys = new KeyList()
  for (const { user, author } of rows) keys.addPair(user, author)
  return keys
}

const bitsOf = (values: Float32Array): Uint32Array => new Uint32Array(values.buffer)

describe('filling a matrix', () => {
  test('writes what reading rows one by one tells, wherever they lie, and nothing beside it', async () => {
    const shape = fc.record({ offset: fc.nat(5), gap: fc.nat(4), later: fc.nat(3 * 86_400_000) })
    await fc.assert(
      fc.asyncProperty(fc.array(placed, { maxLength: 12 }), shape, async (list, { offset, gap, later }) => {
        const rows = rowsOf(list)
        const asOf = NOW + later
        const source = await sourceOf(rows)
        const features = new EmbeddedFeatureStore(source)
        const stride = WIDTH + gap
        const target = { into: new Float32Array(offset + rows.length * stride).fill(-7), offset, stride }
        await features.fill(view, listOf(rows), asOf, target)
        expect(source.reads).toBeLessThanOrEqual(PARTITIONS)
        const expected = new Float32Array(target.into.length).fill(-7)
        for (const [index, each] of rows.entries()) {
          const isKnown = each.place !== 'nowhere' && each.version === view.version
          const columns = view.describe(rowOf(view, isKnown ? each.events : []), asOf)
          expected.set(Object.values(columns), offset + index * stride)
        }
        expect(bitsOf(target.into)).toEqual(bitsOf(expected))

        const remote = new Float32Array(target.into.length).fill(-7)
        const readMany: EmbeddedFeatureStore['readMany'] = (of, keys) => features.readMany(of, keys)
        await fillFromRows(readMany, view, listOf(rows), asOf, { ...target, into: remote })
        expect(bitsOf(remote)).toEqual(bitsOf(expected))

        const readsBefore = source.reads
        expect(features.fill(view, listOf(rows), asOf, target)).toBeUndefined()
        expect(source.reads).toBe(readsBefore)
      }),
      { numRuns: 60 },
    )
  })
})

describe('a list of keys', () => {
  test('holds the keys that the engine would write, in a buffer that grows', () => {
    const id = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
    fc.assert(
      fc.property(fc.array(fc.tuple(id, fc.option(id)), { maxLength: 400 }), (ids) => {
        const keys = new KeyList()
        for (let round = 0; round < 2; round++) {
          keys.reset()
          for (const [one, other] of ids) {
            if (other === null) keys.add(one)
            else keys.addPair(one, other)
          }
        }
        expect(keys.count).toBe(ids.length)
        for (const [index, [one, other]] of ids.entries()) {
          expect(keys.copy(index)).toEqual(other === null ? keyOf(one) : keyOf(one, other))
        }
      }),
      { numRuns: 50 },
    )
  })
})

featureReaderConformance('embedded', async () => {
  const stores = new Map<string, Store>()
  const positions = new Map<string, FeaturePosition>()
  for (const { name } of FEATURE_VIEWS) {
    for (let partition = 0; partition < FEATURE_PARTITIONS; partition++) {
      stores.set(`${name}/${partition}`, await emptyStore(name))
    }
  }
  return {
    reader: new EmbeddedFeatureStore({
      openStores: (store) =>
        Array.from({ length: FEATURE_PARTITIONS }, (_, partition) => stores.get(`${store}/${partition}`)),
      storeOf: async (store, key) =>
        stores.get(`${store}/${partitionOf(key, 0, key.length, FEATURE_PARTITIONS)}`),
      positionOf: (store, partition) => positions.get(`${store}/${partition}`),
    }),
    apply: async ({ store: name, partition, sequence, newest, rows }) => {
      const store = stores.get(`${name}/${partition}`)!
      for (const [key, row] of rows) {
        const slot = store.want(key, 0, key.length)
        await store.fetch()
        if (row === null) store.remove(slot)
        else store.set(slot, Buffer.from(row), 0, row.length)
      }
      positions.set(`${name}/${partition}`, { sequence, newest })
    },
    dispose: async () => {},
  }
})
