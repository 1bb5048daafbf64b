import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { country, hashtag, id, language, normaliseHashtag, text } from '../../../schemas/declare/text.ts'

/** Any string, half surrogates included. */
const anyText = fc
  .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 70 })
  .map((codes) => String.fromCharCode(...codes))

describe('an id', () => {
  const { breaks } = id()

  it('holds 1 to 64 bytes without control characters, by the plain reading of that rule', () => {
    // oxlint-disable-next-line eslint/no-control-regex -- the rule is about control characters
    const control = /[\u0000-\u001f\u007f-\u009f]/
    fc.assert(
      fc.property(
        fc.oneof(anyText, fc.string({ unit: 'binary', maxLength: 70 }), fc.string({ maxLength: 70 })),
        (value) => {
          const bytes = Buffer.byteLength(value)
          const good = bytes >= 1 && bytes <= 64 && !control.test(value) && value.isWellFormed()
          expect(breaks(value) === null).toBe(good)
        },
      ),
      { numRuns: 2_000 },
    )
  })

  it('counts bytes, not characters', () => {
    expect(breaks('é'.repeat(32))).toBeNull()
    expect(breaks('é'.repeat(33))).toBe('ID_LENGTH')
    expect(breaks('🏔️'.repeat(10))).toBe('ID_LENGTH')
  })

  it('may be a reserved name, for ids are never property names', () => {
    expect(breaks('__proto__')).toBeNull()
  })
})

describe('a hashtag', () => {
  it('is normalised once and for all', () => {
    fc.assert(
      fc.property(fc.oneof(anyText, fc.string({ unit: 'binary' })), (raw) => {
        const once = normaliseHashtag(raw)
        expect(normaliseHashtag(once)).toBe(once)
      }),
      { numRuns: 5_000 },
    )
  })

  it('must be in normal form where it was not read from JSON', () => {
    expect(hashtag().breaks('cats')).toBeNull()
    expect(hashtag().breaks('Cats')).toBe('WRONG_FORM')
    expect(hashtag().breaks('#cats')).toBe('WRONG_FORM')
    expect(hashtag().breaks('e\u0301te')).toBe('WRONG_FORM')
    expect(hashtag().breaks('')).toBe('ID_LENGTH')
  })

  it('of nothing but signs is refused', () => {
    expect(hashtag().breaks(hashtag().build('###', ''))).toBe('ID_LENGTH')
  })
})

describe('text', () => {
  it('has a length in characters, and whole characters only', () => {
    expect(text(3).breaks('abc')).toBeNull()
    expect(text(3).breaks('abcd')).toBe('TEXT_TOO_LONG')
    expect(text(3).breaks('a\ud800')).toBe('TEXT_BROKEN')
    expect(text(3).breaks(7)).toBe('WRONG_TYPE')
  })
})

describe('countries and languages', () => {
  it('are read in any case and stored in one', () => {
    expect(country().build('gr', '')).toBe('GR')
    expect(language().build('pt-BR', '')).toBe('pt-br')
  })

  it.each(['', 'G', 'GRC', 'G1', 'ßß', 'ıa', 'uſ'])('refuse %j as a country', (value) => {
    expect(country().breaks(country().build(value, ''))).toBe('WRONG_FORM')
  })

  it.each(['', 'e', 'en_US', '-en', 'en-', 'x'.repeat(36), '\u212Ao'])('refuse %j as a language', (value) => {
    expect(language().breaks(language().build(value, ''))).toBe('WRONG_FORM')
  })
})
