import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ServingError } from '../../../serving/errors.ts'
import { CURSOR_CHARACTERS_MAX, Cursors } from '../../../serving/sessions/cursor.ts'
import { PASSED_POSTS_MAX } from '../../../serving/sessions/passed-posts.ts'

const cursors = new Cursors(Buffer.from('a secret of the test'))
const cursor = fc.record({
  sessionId: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }),
  offset: fc.nat(0xffff),
  position: fc.nat(0xffff),
  passed: fc.uint32Array({ maxLength: 60 }),
})

const codeOf = (text: string, userId = 'ada'): string => {
  try {
    cursors.read(userId, text)
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
        const text = cursors.write('ada', given)
        expect(text).toMatch(/^[\w-]+$/)
        expect(cursors.read('ada', text)).toEqual(given)
      }),
    )
  })

  test('has room for all that a feed may have come past', () => {
    const passed = new Uint32Array(PASSED_POSTS_MAX).fill(0xffffffff)
    const given = { sessionId: crypto.randomUUID(), offset: 600, position: 590, passed }
    const text = cursors.write('ada', given)
    expect(text.length).toBeLessThanOrEqual(CURSOR_CHARACTERS_MAX)
    expect(cursors.read('ada', text)).toEqual(given)
  })

  test('is refused for any other user, and taken by any server with the same secret', () => {
    fc.assert(
      fc.property(cursor, fc.string(), (given, other) => {
        const text = new Cursors(Buffer.from('a secret of the test')).write('ada', given)
        expect(codeOf(text, other)).toBe(other === 'ada' ? 'none' : 'CURSOR_FOREIGN')
        expect(codeOf(text)).toBe('none')
      }),
    )
  })

  test('is refused when any character of it was changed, cut off or added', () => {
    fc.assert(
      fc.property(cursor, fc.nat(200), fc.constantFrom('A', 'b', '_', '9'), (given, at, character) => {
        const text = cursors.write('ada', given)
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
    const given = { sessionId: 's', offset: 1, position: 1, passed: new Uint32Array(0) }
    const foreign = new Cursors(Buffer.from('another')).write('ada', given)
    for (const text of [foreign, '', 'x', '%', 'a b', 'A'.repeat(10_000)]) {
      expect(codeOf(text)).toBe('CURSOR_INVALID')
    }
  })
})
