import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { idsOf, KEY_BYTES_MAX, keyOf, KeyWriter } from '../../engine/key.ts'
import { ID_BYTES_MAX } from '../../schemas/ids.ts'

const written = (...ids: readonly string[]): Buffer => {
  const key = new KeyWriter()
  for (const id of ids) key.id(id)
  return Buffer.from(key.view())
}

/** Any well-formed text without NUL, empty too. */
const ids = fc
  .array(fc.string({ unit: 'binary', maxLength: 20 }), { minLength: 1, maxLength: 4 })
  .map((list) => list.map((id) => id.replaceAll('\0', '').toWellFormed()))

describe('a key', () => {
  it('holds its ids in order, whatever their script', () => {
    fc.assert(
      fc.property(ids, (list) => {
        expect(written(...list)).toEqual(keyOf(...list))
        expect(idsOf(written(...list))).toEqual(list)
      }),
    )
  })

  it('begins with the key of its first ids, so that a prefix finds all of a user', () => {
    expect(written('zoë', 'author').subarray(0, 5)).toEqual(Buffer.concat([keyOf('zoë'), Buffer.from([0])]))
  })

  it('of an empty first id is not that of the ids after it', () => {
    expect(written('', 'author')).not.toEqual(written('author'))
  })

  it('is written anew after a reset', () => {
    const key = new KeyWriter()
    key.id('user')
    key.id('author')
    key.reset()
    key.id('ü')
    expect(key.view()).toEqual(Buffer.from('ü'))
  })

  it('takes four ids of the greatest length', () => {
    const longest = ['ü'.repeat(ID_BYTES_MAX / 2), 'a'.repeat(ID_BYTES_MAX), '漢'.repeat(21), '🙂'.repeat(16)]
    expect(idsOf(written(...longest))).toEqual(longest)
  })

  it.each([
    ['ASCII', 'a'.repeat(KEY_BYTES_MAX + 1)],
    ['letters of two bytes', 'ü'.repeat(KEY_BYTES_MAX / 2 + 1)],
  ])('longer than its limit is refused, in %s', (_, id) => {
    expect(() => written(id)).toThrow(`key longer than ${KEY_BYTES_MAX} bytes`)
  })

  it('longer than its limit by its last id is refused, and what was written before stays', () => {
    const key = new KeyWriter()
    key.id('a'.repeat(KEY_BYTES_MAX - 2))
    expect(() => key.id('ü')).toThrow(RangeError)
    expect(() => key.id('bb')).toThrow(RangeError)
    expect(key.view()).toEqual(Buffer.from('a'.repeat(KEY_BYTES_MAX - 2)))
    key.id('b')
    expect(key.length).toBe(KEY_BYTES_MAX)
  })
})
