import fc from 'fast-check'
import { expect, test } from 'vitest'
import { eachRow, RowBatch } from '../../../engine/storage/row-batch.ts'

interface Row {
  readonly prefix: number | null
  readonly key: Uint8Array
  readonly value: Uint8Array | null
}

const bytes = fc.uint8Array({ maxLength: 300 })
const row: fc.Arbitrary<Row> = fc.oneof(
  fc.record({ prefix: fc.nat({ max: 0xffff_ffff }), key: bytes, value: fc.option(bytes) }),
  fc.record({ prefix: fc.constant(null), key: bytes, value: bytes }),
)

const fill = (batch: RowBatch, rows: readonly Row[]): void => {
  for (const { prefix, key, value } of rows) {
    if (prefix === null) batch.putPlain(key, value!)
    else if (value === null) batch.remove(prefix, key)
    else batch.put(prefix, key, value)
  }
}

const wholeKey = ({ prefix, key }: Row): string => {
  const before = Buffer.alloc(prefix === null ? 0 : 4)
  if (prefix !== null) before.writeUInt32BE(prefix)
  return Buffer.concat([before, key]).toString('hex')
}

const rowsOf = (batch: RowBatch): [key: string, value: string | null][] => {
  const rows: [string, string | null][] = []
  eachRow(batch.bytes, {
    put: (key, value) => rows.push([key.toString('hex'), value.toString('hex')]),
    remove: (key) => rows.push([key.toString('hex'), null]),
  })
  return rows
}

test('rows come out as they were added, in their order, also from memory used before', () => {
  fc.assert(
    fc.property(fc.array(fc.array(row, { maxLength: 60 }), { maxLength: 4 }), (fillings) => {
      const batch = new RowBatch()
      for (const rows of fillings) {
        batch.clear()
        fill(batch, rows)
        expect(batch.rows).toBe(rows.length)
        expect(rowsOf(batch)).toEqual(
          rows.map((each) => [wholeKey(each), each.value && Buffer.from(each.value).toString('hex')]),
        )
      }
    }),
  )
})

test('rows lie in memory that another thread can read', () => {
  const batch = new RowBatch()
  fill(batch, [{ prefix: 1, key: Buffer.from('key'), value: Buffer.alloc(1 << 20) }])
  expect(batch.bytes.buffer).toBeInstanceOf(SharedArrayBuffer)
})
