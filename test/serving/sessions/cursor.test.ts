import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ServingError } from '../../../serving/errors.ts'
import { Cursors } from '../../../serving/sessions/cursor.ts'

const cursors = new Cursors(Buffer.from('a secret of the test'))
const cursor = fc.record({
  sessionId: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }),
  offset: fc.nat(0xffff),
  position: fc.nat(0xffff),
})

const codeOf = (text: string): string => {
  try {
    cursors.read(text)
  } catch (error) {
    if (error instanceof ServingError) return error.code
    throw error
  }
  return 'none'
}

describe('a cursor', () => {
  test('comes back as it was written, in characters that need no escape in a URL', () => {
    fc.assert(
      fc.property(cursor, (given) => {
        const text = cursors.write(given)
        expect(text).toMatch(/^[\w-]+$/)
        expect(cursors.read(text)).toEqual(given)
      }),
    )
  })

  test('is refused when any character of it was changed, cut off or added', () => {
    fc.assert(
      fc.property(cursor, fc.nat(200), fc.constantFrom('A', 'b', '_', '9'), (given, at, character) => {
        const text = cursors.write(given)
        const place = at % text.length
        const changed = text.slice(0, place) + character + text.slice(place + 1)
        // The last character may hold bits that no byte takes up.
        if (Buffer.from(changed, 'base64url').equals(Buffer.from(text, 'base64url'))) return
        expect(codeOf(changed)).toBe('CURSOR_INVALID')
        expect(codeOf(text.slice(0, -2))).toBe('CURSOR_INVALID')
        expect(codeOf(`${text}AA`)).toBe('CURSOR_INVALID')
      }),
    )
  })

  test('of another server, and what is none at all, is refused', () => {
    const foreign = new Cursors(Buffer.from('another')).write({ sessionId: 's', offset: 1, position: 1 })
    for (const text of [foreign, '', 'x', '%', 'a b', 'A'.repeat(10_000)]) {
      expect(codeOf(text)).toBe('CURSOR_INVALID')
    }
  })
})
