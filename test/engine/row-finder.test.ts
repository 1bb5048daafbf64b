import fc from 'fast-check'
import { expect, test } from 'vitest'
import { KeyWriter } from '../../engine/key.ts'
import { RowFinder } from '../../engine/row-finder.ts'
import { MemoryState } from '../../engine/state/memory.ts'
import { MemoryDisk } from '../../engine/state/memory-disk.ts'
import { Store } from '../../engine/state/store.ts'

const ROW = Buffer.from('row')

const storesOf = async (count: number): Promise<Store[]> => {
  const disk = await new MemoryState({ disk: new MemoryDisk() }).open('task')
  return Array.from({ length: count }, (_, number) => new Store(`store-${number}`, number, disk))
}

const want = fc.record({ store: fc.nat({ max: 2 }), key: fc.string({ minLength: 1, maxLength: 20 }) })

test('every place gets the slot of its key, old or new, however many are wanted at once', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(want, { maxLength: 40 }),
      fc.array(want, { maxLength: 700 }),
      async (known, wanted) => {
        const stores = await storesOf(3)
        for (const { store, key } of known) {
          const bytes = Buffer.from(key)
          stores[store]!.set(stores[store]!.want(bytes, 0, bytes.length), ROW, 0, ROW.length)
        }
        const slots = new Int32Array(wanted.length).fill(-1)
        const finder = new RowFinder(slots)
        const writer = new KeyWriter()
        for (const [place, { store, key }] of wanted.entries()) {
          writer.reset()
          writer.id(key)
          finder.add(stores[store]!, writer, place)
        }
        finder.find()
        for (const [place, { store, key }] of wanted.entries()) {
          const { table } = stores[store]!
          expect(table.keyCopy(slots[place]!).toString()).toBe(Buffer.from(key).toString())
          expect(table.value(slots[place]!) !== undefined).toBe(
            known.some((each) => each.store === store && each.key === key),
          )
        }
      },
    ),
    { numRuns: 50 },
  )
})
