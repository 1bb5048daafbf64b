import fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import { ByteReader, ByteWriter } from '../../engine/bytes.ts'
import { IdEntries, NO_ENTRY } from '../../processors/id-entries.ts'
import { ID_BYTES_MAX } from '../../schemas/ids.ts'

const id = fc.oneof(
  fc
    .string({ minLength: 1, maxLength: 16, unit: 'grapheme' })
    .filter((text) => Buffer.byteLength(text) <= ID_BYTES_MAX),
  fc.constantFrom('a', 'b', 'c'),
)

const step = fc.record({ id, action: fc.constantFrom('set', 'remove'), value: fc.nat() })

const byId = ([one]: readonly [string, number], [other]: readonly [string, number]): number =>
  one < other ? -1 : 1

const contents = (entries: IdEntries): [string, number][] => {
  const found: [string, number][] = []
  for (let entry = 0; entry < entries.count; entry++) {
    found.push([entries.id(entry), entries.bytes.readUInt32LE(entries.fieldsAt(entry))])
  }
  return found.sort(byId)
}

const rowOf = (entries: IdEntries): Buffer => {
  const writer = new ByteWriter(1)
  entries.save(writer)
  return writer.copy()
}

test('entries behave as a map does, through any steps and through their bytes', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const entries = new IdEntries(3, 4).clear()
      const model = new Map<string, number>()
      for (const { id: each, action, value } of steps) {
        const found = entries.find(each)
        expect(found !== NO_ENTRY).toBe(model.has(each))
        if (action === 'set') {
          const entry = found === NO_ENTRY ? entries.add(each) : found
          entries.own().writeUInt32LE(value, entries.fieldsAt(entry))
          model.set(each, value)
        } else {
          if (found !== NO_ENTRY) entries.remove(found)
          model.delete(each)
        }
      }
      expect(contents(entries)).toEqual([...model].sort(byId))
      const row = rowOf(entries)
      const again = new IdEntries(3, 4).load(new ByteReader().over(row))
      expect(contents(again)).toEqual([...model].sort(byId))
      again.add('added to a row that was read')
      expect(rowOf(entries)).toEqual(row)
    }),
    { numRuns: 100 },
  )
})

/** Entries of distinct ids, whose fields say in what order they were added. */
const entriesOf = (ids: readonly string[]): IdEntries => {
  const entries = new IdEntries(3, 4).clear()
  ids.forEach((each, order) => {
    const entry = entries.add(each)
    entries.own().writeUInt32LE(order, entries.fieldsAt(entry))
  })
  return entries
}

const orderOf = (entries: IdEntries, entry: number): number =>
  entries.bytes.readUInt32LE(entries.fieldsAt(entry))

test('many entries removed at once leave the bytes that removing them one by one does', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.tuple(id, fc.boolean()), { selector: ([each]) => each }), (drawn) => {
      const ids = drawn.map(([each]) => each)
      const isGone = (entries: IdEntries, entry: number): boolean => drawn[orderOf(entries, entry)]![1]
      const oneByOne = entriesOf(ids)
      for (let entry = oneByOne.count - 1; entry >= 0; entry--) {
        if (isGone(oneByOne, entry)) oneByOne.remove(entry)
      }
      // As it was read from disk, behind other bytes, and as it was made.
      const row = rowOf(entriesOf(ids))
      const reader = new ByteReader().over(Buffer.concat([Buffer.of(1, 2), row]), 2, row.length + 2)
      for (const entries of [new IdEntries(3, 4).load(reader), entriesOf(ids)]) {
        const asked: string[] = []
        const before = contents(entries)
        const went = entries.removeWhere((entry) => {
          asked.push(entries.id(entry))
          return isGone(entries, entry)
        })
        expect(went).toBe(drawn.filter(([, gone]) => gone).length)
        expect(asked.sort()).toEqual(before.map(([each]) => each).sort())
        expect(rowOf(entries)).toEqual(rowOf(oneByOne))
        expect(contents(entries)).toEqual(contents(oneByOne))
        for (const each of ids) expect(entries.find(each) === NO_ENTRY).toBe(oneByOne.find(each) === NO_ENTRY)
      }
    }),
    { numRuns: 200 },
  )
})

test('however many entries are removed at once, no byte of the row is moved more than twice', () => {
  const entries = entriesOf(Array.from({ length: 4_000 }, (_, index) => `id-${index}`))
  const { size } = entries
  const moves = vi.spyOn(entries.own(), 'copyWithin')
  expect(entries.removeWhere((entry) => entry % 2 === 0)).toBe(2_000)
  const moved = moves.mock.calls.reduce((sum, [, from, until]) => sum + until! - from, 0)
  expect(moved).toBeGreaterThan(0)
  expect(moved).toBeLessThanOrEqual(2 * size)
})

test('an id of 64 bytes in four-byte characters fits, with a letter before it', () => {
  const long = `f${'😀'.repeat(16)}`
  const entries = new IdEntries(0, 0).clear()
  entries.add(long)
  entries.add('other')
  expect(entries.id(entries.find(long))).toBe(long)
  expect(entries.firstByte(entries.find(long))).toBe('f'.charCodeAt(0))
  expect(entries.find(`${long.slice(0, -2)}😁`)).toBe(NO_ENTRY)
})
