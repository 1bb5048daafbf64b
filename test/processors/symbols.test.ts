import { expect, test } from 'vitest'
import { ByteReader, ByteWriter } from '../../engine/bytes.ts'
import { Symbols } from '../../processors/symbols.ts'

const suits = new Symbols(['clubs', 'hearts'])

test('a symbol is one byte, and read as it was', () => {
  const writer = new ByteWriter()
  suits.write('hearts', writer)
  expect(writer.copy()).toEqual(Buffer.from([1]))
  expect(suits.read(new ByteReader().over(writer.copy()))).toBe('hearts')
})

test('a byte that names no symbol is refused', () => {
  expect(() => suits.read(new ByteReader().over(Buffer.from([2])))).toThrow(
    'byte 2 names none of clubs, hearts',
  )
})
