import fc from 'fast-check'
import { expect, test } from 'vitest'
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

test('an id of 64 bytes in four-byte characters fits, with a letter before it', () => {
  const long = `f${'😀'.repeat(16)}`
  const entries = new IdEntries(0, 0).clear()
  entries.add(long)
  entries.add('other')
  expect(entries.id(entries.find(long))).toBe(long)
  expect(entries.firstByte(entries.find(long))).toBe('f'.charCodeAt(0))
  expect(entries.find(`${long.slice(0, -2)}😁`)).toBe(NO_ENTRY)
})
