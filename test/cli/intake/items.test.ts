import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Item, jsonItems, lineItems } from '../../../cli/intake/items.ts'

const MAX = 100

const textsOf = (body: Buffer, items: readonly Item[]): string[] =>
  items.map(({ start, end }) => body.toString('utf8', start, end))

const arrayTexts = (text: string): string[] => {
  const body = Buffer.from(text)
  return textsOf(body, jsonItems(body, MAX))
}

describe('the elements of a JSON array', () => {
  test('are what JSON.parse finds, however it is written', () => {
    const json = fc.array(fc.jsonValue(), { maxLength: 20 })
    fc.assert(
      fc.property(json, fc.constantFrom(undefined, 1, '\t'), (values, space) => {
        const texts = arrayTexts(JSON.stringify(values, null, space))
        expect(texts.map((text): unknown => JSON.parse(text))).toEqual(
          values.map((value): unknown => JSON.parse(JSON.stringify(value))),
        )
      }),
    )
  })

  test('are found where brackets and commas stand in strings', () => {
    expect(arrayTexts(String.raw`["],[", "\"],", {"a":"}]"}]`)).toEqual([
      '"],["',
      String.raw` "\"],"`,
      ' {"a":"}]"}',
    ])
  })

  test('are one where the body is no array, and none where it is empty', () => {
    expect(arrayTexts(' {"a":[1,2]} ')).toEqual(['{"a":[1,2]} '])
    expect(arrayTexts('[ ]')).toEqual([])
    expect(arrayTexts(' \n')).toEqual([])
  })

  test('keep their place when they are broken, for each to be refused by itself', () => {
    const body = Buffer.from('[{"a":1},nope,,{"b":[}]')
    expect(jsonItems(Buffer.from('[{"a":1},nope,,2]'), MAX).map(({ line }) => line)).toEqual([1, 2, 3, 4])
    expect(() => jsonItems(body, MAX)).toThrow('NOT_JSON')
  })

  test.each(['[1', '["a', '[', '[1]2', '[1] [2]', '["\\'])('are refused whole in %s', (text) => {
    expect(() => jsonItems(Buffer.from(text), MAX)).toThrow('NOT_JSON')
  })

  test('are looked for no further than one too many', () => {
    const body = Buffer.from(`[${'1,'.repeat(1_000)}`)
    expect(jsonItems(body, 10)).toHaveLength(11)
  })

  test('never make any bytes throw anything else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const body = Buffer.concat([Buffer.from('['), bytes])
        try {
          for (const { start, end } of jsonItems(body, MAX)) expect(start).toBeLessThanOrEqual(end)
        } catch (error) {
          expect(String(error)).toContain('NOT_JSON')
        }
      }),
    )
  })
})

describe('the lines of NDJSON', () => {
  test('are those that hold anything, by their numbers', () => {
    const body = Buffer.from('{"a":1}\n\n \r\n{"b":2}\r\n{"c":3}')
    const items = lineItems(body, MAX)
    expect(textsOf(body, items)).toEqual(['{"a":1}', '{"b":2}\r', '{"c":3}'])
    expect(items.map(({ line }) => line)).toEqual([1, 4, 5])
  })

  test('are looked for no further than one too many', () => {
    expect(lineItems(Buffer.from('1\n'.repeat(1_000)), 10)).toHaveLength(11)
  })
})
