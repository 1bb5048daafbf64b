import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ByteWriter } from '../../engine/bytes.ts'
import { EngineError } from '../../engine/errors.ts'
import { Contributions } from '../../features/contributions.ts'
import { RowMerger } from '../../features/merge.ts'
import { RowCursor, SUM_MAX } from '../../features/row.ts'
import { SlotTable } from '../../features/slots.ts'
import { NOW, rowOf, touchLists, mergeOf } from './oracle.ts'
import { touch, touchView } from './sample.ts'

const view = touchView()
const table = new SlotTable('test', view.slots)

const entriesOf = (row: Buffer): number[][] => {
  const cursor = new RowCursor(table)
  const entries: number[][] = []
  cursor.over(row, 0, row.length)
  while (cursor.next()) entries.push([cursor.slot, cursor.tile, cursor.value])
  return entries
}

const sums = fc.oneof(
  fc.integer({ min: -70, max: 70 }),
  fc.integer(),
  fc.maxSafeInteger(),
  fc.constantFrom(SUM_MAX, -SUM_MAX, 2 ** 27, 2 ** 27 - 1, 2 ** 31, 2 ** 32),
)

test('entries come back as they were added, less what is zero or too old', () => {
  const merger = new RowMerger(table)
  const draft = fc.record({ slot: fc.nat(view.slots.length - 1), back: fc.nat(400), sum: sums })
  const drafts = fc.uniqueArray(draft, { selector: ({ slot, back }) => slot * 1000 + back, maxLength: 60 })
  fc.assert(
    fc.property(drafts, fc.nat(2 ** 43 - 1), (drafts, newest) => {
      const added = new Contributions()
      const writer = new ByteWriter(1)
      const kept: number[][] = []
      added.newest = newest
      drafts.sort((one, other) => one.slot - other.slot || one.back - other.back)
      for (const { slot, back, sum } of drafts) {
        const { tileMs, horizonMs } = view.slots[slot]!
        const tile = Math.floor(newest / tileMs) - back
        if (tile < 0) continue
        added.push(slot, tile, sum)
        if (sum !== 0 && (tile + 1) * tileMs + horizonMs > newest) kept.push([slot, tile, sum])
      }
      merger.add(Buffer.alloc(0), 0, 0, added, writer)
      expect(entriesOf(writer.copy())).toEqual(kept)
    }),
    { numRuns: 500 },
  )
})

const survives = (run: () => void): void => {
  try {
    run()
  } catch (error) {
    expect(error).toBeInstanceOf(EngineError)
    expect((error as EngineError).code).toBe('STATE_CORRUPT')
  }
}

const readAndMerge = (row: Buffer): void => {
  const columns = new Float32Array(view.columns.length)
  survives(() => view.read(row, 0, row.length, NOW, columns, 0))
  for (const value of columns) expect(value).not.toBeNaN()
  survives(() => void mergeOf(view, row, row))
}

test('bytes that are no row are refused as STATE_CORRUPT, and nothing else happens', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => readAndMerge(Buffer.from(bytes))),
    { numRuns: 3000 },
  )
})

test('a row with broken bytes, or cut short, is read as some row or refused', () => {
  fc.assert(
    fc.property(
      touchLists,
      fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }),
      fc.nat(),
      (events, faults, cut) => {
        const row = rowOf(view, events)
        for (const [at, byte] of faults) if (row.length > 0) row[at % row.length] = byte
        readAndMerge(row.subarray(0, row.length - (cut % (row.length + 1))))
      },
    ),
    { numRuns: 1000 },
  )
})

const NEWEST = [1, 0, 0, 0, 0, 0]

test.each([
  ['ends within its newest time', [1, 0, 0]],
  ['has a newest time beyond all times', [0xff, 0xff, 0xff, 0xff, 0xff, 0xff]],
  ['begins without a slot', [...NEWEST, 0x00, 0x02]],
  ['names a slot that the view has not', [...NEWEST, 0xf0, 0xff, 0x02, 0x02]],
  ['names a tile before the epoch', [...NEWEST, 0x11, 0x02]],
  ['holds a sum of zero', [...NEWEST, 0x10, 0x00]],
  ['ends within the time of its erasure', [...NEWEST, 0x00, 1, 0, 0]],
  ['was erased after all times', [...NEWEST, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]],
  ['ends within its steps', [...NEWEST, 0x1f, 0x80]],
  ['ends within a sum', [...NEWEST, 0x10, 0x80]],
  ['holds a sum beyond all sums', [...NEWEST, 0x10, ...Array.from({ length: 12 }, () => 0xff), 0]],
])('a row that %s is refused, alone and with bytes after it', (_, bytes) => {
  const row = Buffer.from([...bytes, 0x01, 0x01])
  const cursor = new RowCursor(table)
  const walk = (): void => {
    cursor.over(row, 0, bytes.length)
    while (cursor.next());
  }
  expect(walk).toThrow(/STATE_CORRUPT: what should be a row of view "test" is none/)
  expect(() => entriesOf(Buffer.from(bytes))).toThrow(/STATE_CORRUPT/)
  expect(() => mergeOf(view, Buffer.from(bytes), rowOf(view, [touch()]))).toThrow(/STATE_CORRUPT/)
})
