import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ByteReader, ByteWriter } from '../../engine/bytes.ts'
import { NewestRecords } from '../../processors/newest-records.ts'

interface Plain {
  readonly at: number
  readonly id: string
  readonly payload: string
}

const bytes = (text: string): Buffer => Buffer.from(text)
const reader = new ByteReader()

const saved = (records: NewestRecords): Buffer => {
  const writer = new ByteWriter()
  records.save(writer)
  return writer.copy()
}

/** Saved and loaded again, oldest first. */
const contents = (records: NewestRecords, recordsMax: number): Plain[] => {
  const loaded = new NewestRecords(recordsMax).load(new ByteReader().over(saved(records)))
  const found: Plain[] = []
  for (let place = loaded.oldest(); place >= 0; place = loaded.newer(place)) {
    loaded.payload(place, reader)
    found.push({
      at: loaded.at(place),
      id: loaded.idText(place),
      payload: reader.bytes(reader.left).toString(),
    })
  }
  return found
}

const compare = (one: Plain, other: Plain): number =>
  one.at - other.at || Buffer.compare(bytes(one.id), bytes(other.id))

/** The last payload put for each (at, id), the newest of them. */
const newest = (puts: readonly Plain[], recordsMax: number): Plain[] => {
  const last = new Map(puts.map((each) => [`${each.at} ${each.id}`, each]))
  return [...last.values()].sort(compare).slice(-recordsMax)
}

const plain = fc.record({
  at: fc.integer({ min: 0, max: 12 }),
  id: fc.constantFrom('a', 'b', 'ab', 'é', ''),
  payload: fc.constantFrom('', 'x', 'a longer payload'),
})

test('the newest records are kept, each as it was put last, in whatever order they come', () => {
  fc.assert(
    fc.property(fc.array(plain, { maxLength: 60 }), fc.integer({ min: 1, max: 8 }), (puts, recordsMax) => {
      const records = new NewestRecords(recordsMax)
      for (const { at, id, payload } of puts) records.put(at, bytes(id), bytes(payload))
      expect(contents(records, recordsMax)).toEqual(newest(puts, recordsMax))
      expect(records.overflowed).toBe(newest(puts, Infinity).length > recordsMax)
    }),
  )
})

test('what is added is kept beside its equals, to the same bytes in any order', () => {
  const some = fc
    .array(plain, { maxLength: 30 })
    .chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })))
  fc.assert(
    fc.property(some, ([ordered, shuffled]) => {
      const rows = [ordered, shuffled].map((all) => {
        const records = new NewestRecords(8)
        for (const { at, id, payload } of all) records.add(at, bytes(`${id} ${payload}`))
        return saved(records)
      })
      expect(rows[0]!.equals(rows[1]!)).toBe(true)
    }),
  )
})

test('a change answers true, and what is too old for a full list changes it once', () => {
  const records = new NewestRecords(2)
  expect(records.add(5, bytes('a'))).toBe(true)
  expect(records.add(6, bytes('b'))).toBe(true)
  expect(records.add(1, bytes('old'))).toBe(true)
  expect(records.add(1, bytes('old'))).toBe(false)
  expect(records.add(7, bytes('c'))).toBe(true)
  expect(contents(records, 2).map(({ id }) => id)).toEqual(['b', 'c'])
})

test('records are found by time and id, by id alone, and removed from any place', () => {
  const records = new NewestRecords(4)
  for (const [at, id] of [
    [3, 'c'],
    [1, 'a'],
    [2, 'b'],
  ] as const)
    records.add(at, bytes(id))
  expect(records.find(2, bytes('a'))).toBe(-1)
  expect(records.findId(bytes('none'))).toBe(-1)
  records.remove(records.find(2, bytes('b')))
  expect(contents(records, 4).map(({ id }) => id)).toEqual(['a', 'c'])
  records.remove(records.findId(bytes('a')))
  records.remove(records.findId(bytes('c')))
  expect(records.count).toBe(0)
  expect(records.newest()).toBe(-1)
  expect(records.oldest()).toBe(-1)
})

test('a record beyond 64 KiB is refused', () => {
  expect(() => new NewestRecords(1).add(1, bytes('a'), Buffer.alloc(70_000))).toThrow('at most 65535')
})

test('a row is read where it lies, in the midst of others', () => {
  const records = new NewestRecords(3)
  for (const at of [2, 1, 3]) records.add(at, bytes(`id-${at}`), bytes(`payload ${at}`))
  const row = saved(records)
  const among = Buffer.concat([bytes('before'), row, bytes('behind')])
  const lying = new NewestRecords(3).over(new ByteReader().over(among, 6, 6 + row.length))
  const found: string[] = []
  for (let place = lying.newest(); place >= 0; place = lying.older(place)) {
    const payload = lying.payload(place, reader)
    found.push(`${lying.at(place)} ${lying.idText(place)} ${payload.bytes(payload.left).toString()}`)
  }
  expect(found).toEqual(['3 id-3 payload 3', '2 id-2 payload 2', '1 id-1 payload 1'])
  expect(lying.count).toBe(3)
})
