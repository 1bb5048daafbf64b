import { describe, expect, it } from 'vitest'
import { bytes, list, map, nullable, oneOf } from '../../../schemas/declare/composites.ts'
import { integer, number } from '../../../schemas/declare/numbers.ts'
import { id } from '../../../schemas/declare/text.ts'

describe('words of a fixed set', () => {
  it('are those and no others, whatever an object would answer to', () => {
    const kind = oneOf('Colour', ['red', 'green'])
    expect(kind.breaks('red')).toBeNull()
    for (const other of ['blue', 'constructor', '__proto__', '', 'RED'])
      expect(kind.breaks(other)).toBe('NOT_IN_ENUM')
    expect(kind.breaks(0)).toBe('WRONG_TYPE')
  })

  it('are defined once in a schema and named afterwards', () => {
    const kind = oneOf('Colour', ['red'])
    const defined = new Set<string>()
    expect(kind.avro(defined)).toEqual({ type: 'enum', name: 'Colour', symbols: ['red'] })
    expect(kind.avro(defined)).toBe('freshet.Colour')
  })
})

describe('lists', () => {
  const kind = list(integer(0, 9), 3)

  it('have a length, and say which item is wrong', () => {
    expect(kind.breaks([1, 2, 3])).toBeNull()
    expect(kind.explain([1, 2, 3, 4], 'xs')).toMatchObject({ rule: 'LIST_TOO_LONG', path: 'xs' })
    expect(kind.explain([1, 2, 10], 'xs')).toMatchObject({ rule: 'OUT_OF_RANGE', path: 'xs[2]' })
    expect(kind.explain({ length: 1 }, 'xs')).toMatchObject({ rule: 'WRONG_TYPE', path: 'xs' })
  })

  it('that are too long are not even copied', () => {
    const long = Array.from({ length: 4 }, () => 1)
    expect(kind.build(long, 'xs')).toBe(long)
  })
})

describe('maps', () => {
  const kind = map(number(0, 1), 2)

  it('have labels bound by the rules of ids, and a size', () => {
    expect(kind.breaks({ spam: 0.5 })).toBeNull()
    expect(kind.explain({ a: 0, b: 0, c: 0 }, 'm')).toMatchObject({ rule: 'LIST_TOO_LONG', path: 'm' })
    expect(kind.explain({ '': 0 }, 'm')).toMatchObject({ rule: 'ID_LENGTH', path: 'm[""]' })
    expect(kind.explain({ spam: 2 }, 'm')).toMatchObject({ rule: 'OUT_OF_RANGE', path: 'm["spam"]' })
  })

  it('refuse the name that would change a prototype', () => {
    const hostile: unknown = JSON.parse('{"__proto__":0.5}')
    expect(kind.explain(kind.build(hostile, 'm'), 'm')).toMatchObject({ rule: 'NAME_RESERVED' })
  })

  it('take other names that objects answer to', () => {
    expect(kind.breaks(kind.build({ constructor: 0.5 }, 'm'))).toBeNull()
  })

  it('are copied, so that what was read can change', () => {
    const json = { spam: 0.5 }
    const value = kind.build(json, 'm')
    json.spam = 7
    expect(value).toEqual({ spam: 0.5 })
  })
})

describe('bytes', () => {
  it('are base64 in JSON, padded', () => {
    const kind = bytes(3)
    expect(kind.build('AQID', '')).toEqual(Buffer.from([1, 2, 3]))
    expect(kind.json(Buffer.from([1, 2]))).toBe('AQI=')
    for (const wrong of ['AQI', 'A===', 'AQ*=', 'AQ-_'])
      expect(kind.breaks(kind.build(wrong, ''))).toBe('WRONG_FORM')
    expect(kind.breaks(Buffer.alloc(4))).toBe('BYTES_TOO_LONG')
    expect(kind.breaks([1])).toBe('WRONG_TYPE')
  })
})

describe('what may be absent', () => {
  it('is null, and held to its rules otherwise', () => {
    const kind = nullable(id())
    expect(kind.breaks(null)).toBeNull()
    expect(kind.breaks('')).toBe('ID_LENGTH')
    expect(kind.json(null)).toBeUndefined()
  })
})
