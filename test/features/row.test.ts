import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ByteWriter } from '../../engine/bytes.ts'
import { EngineError } from '../../engine/errors.ts'
import { RowCursor, RowEncoder, SUM_MAX } from '../../features/row.ts'
import { SlotTable } from '../../features/slots.ts'
import { NOW, rowOf, touchLists, mergeOf } from './oracle.ts'
import { touchView } from './sample.ts'

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

test('entries come back as they were written', () => {
  const entry = fc.tuple(fc.nat(view.slots.length - 1), fc.nat(400), sums)
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 60 }), fc.nat(2 ** 43 - 1), (drafts, newest) => {
      const encoder = new RowEncoder(table)
      const writer = new ByteWriter(1)
      const tileOf = (slot: number, back: number): number => Math.floor(newest / view.slots[slot]!.tileMs) - back
      const kept = ([slot, back]: readonly [number, number, number]): boolean =>
        back <= view.slots[slot]!.horizonMs / view.slots[slot]!.tileMs && tileOf(slot, back) >= 0
      const byPlace = new Map(drafts.map((each) => [each[0] * 1000 + each[1], each]))
      const written = [...byPlace].sort(([one], [other]) => one - other).map(([, each]) => each)
      encoder.begin(writer, newest)
      for (const [slot, back, value] of written) if (tileOf(slot, back) >= 0) encoder.put(slot, tileOf(slot, back), value)
      encoder.finish()
      const expected = written.filter((each) => kept(each) && each[2] !== 0)
      expect(entriesOf(writer.copy())).toEqual(
        expected.map(([slot, back, value]) => [slot, tileOf(slot, back), value]),
      )
    }),
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
    fc.property(touchLists, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }), fc.nat(), (events, faults, cut) => {
      const row = rowOf(view, events)
      for (const [at, byte] of faults) if (row.length > 0) row[at % row.length] = byte
      readAndMerge(row.subarray(0, row.length - (cut % (row.length + 1))))
    }),
    { numRuns: 1000 },
  )
})

test('a sum that ends beyond the row is refused though the buffer goes on', () => {
  const row = Buffer.from([1, 0x10, 0x82, 0x01])
  const cursor = new RowCursor(table)
  cursor.over(row, 0, 3)
  expect(() => cursor.next()).toThrow(/STATE_CORRUPT.*broken sum/)
})

test.each([
  ['begins without a slot', [1, 0x00, 0x02]],
  ['names slot 300', [1, 0xf0, 0xff, 0x02, 0x02]],
  ['names a tile before the epoch', [1, 0x11, 0x02]],
  ['holds a broken sum', [1, 0x10, 0x00]],
  ['ends early', [0x80]],
  ['holds a number above', [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]],
])('a row that %s is refused', (what, bytes) => {
  expect(() => entriesOf(Buffer.from(bytes))).toThrow(what === 'names slot 300' ? /holds a number above/ : what)
})
