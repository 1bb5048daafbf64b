import avsc from 'avsc'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { avroType, BrokenBytes } from '../../schemas/avro.ts'
import type { Json } from '../../schemas/declare/kind.ts'

const plain = (schema: Json): avsc.Type => avsc.Type.forSchema(schema as avsc.Schema)

/** Longest varint that holds a count: 2^50 items in eight bytes. */
const HUGE_COUNT = plain('long').toBuffer(2 ** 50)

describe('types for untrusted bytes', () => {
  const list = avroType({ type: 'array', items: 'string' })
  const map = avroType({ type: 'map', values: 'double' })

  it('read what other Avro writers wrote', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: 'binary', maxLength: 100 })),
        fc.uint8Array(),
        (texts, bytes) => {
          const written = plain({ type: 'array', items: 'string' }).toBuffer(texts)
          expect(list.fromBuffer(written)).toEqual(texts)
          expect(avroType('bytes').fromBuffer(plain('bytes').toBuffer(Buffer.from(bytes)))).toEqual(
            Buffer.from(bytes),
          )
        },
      ),
    )
    const written = plain({ type: 'map', values: 'double' }).toBuffer({ spam: 0.5, '': 1 })
    expect(map.fromBuffer(written)).toEqual({ spam: 0.5, '': 1 })
  })

  it('read lists in several blocks, with and without sizes', () => {
    const blocks = Buffer.from([2, 2, 0x61, 1, 4, 2, 0x62, 0])
    expect(list.fromBuffer(blocks)).toEqual(['a', 'b'])
  })

  it.each([
    ['a list of texts', list],
    ['a list of numbers', avroType({ type: 'array', items: 'float' })],
    ['a map', map],
  ])('refuse a count beyond the bytes there are, in %s, without making room for it', (_, type) => {
    expect(() => type.fromBuffer(HUGE_COUNT)).toThrow(BrokenBytes)
    expect(() => type.fromBuffer(Buffer.concat([Buffer.from([1]), HUGE_COUNT]))).toThrow(/end|trunc/)
  })

  it.each(['string', 'bytes'])('refuse a length of %s beyond the bytes there are, or below none', (name) => {
    expect(() => avroType(name).fromBuffer(Buffer.from([4, 0x61]))).toThrow(BrokenBytes)
    expect(() => avroType(name).fromBuffer(Buffer.from([3, 0x61]))).toThrow(BrokenBytes)
    expect(() => avroType(name).fromBuffer(HUGE_COUNT)).toThrow(BrokenBytes)
  })

  it('refuse broken UTF-8, and take a replacement character that was sent as one', () => {
    const type = avroType('string')
    expect(() => type.fromBuffer(Buffer.from([4, 0xc3, 0x28]))).toThrow(/UTF-8/)
    expect(() => type.fromBuffer(Buffer.from([6, 0xed, 0xa0, 0x80]))).toThrow(/UTF-8/)
    expect(type.fromBuffer(Buffer.from([6, 0xef, 0xbf, 0xbd]))).toBe('\ufffd')
  })

  it('refuse a map key that would change the prototype', () => {
    const key = Buffer.from('__proto__')
    const bytes = Buffer.concat([Buffer.from([2, key.length * 2]), key, Buffer.alloc(8), Buffer.from([0])])
    expect(() => map.fromBuffer(bytes)).toThrow(/__proto__/)
  })

  it('give bytes of their own, which do not change with the buffer', () => {
    const buffer = Buffer.from([4, 1, 2])
    const read: unknown = avroType('bytes').fromBuffer(buffer)
    buffer.fill(9)
    expect(read).toEqual(Buffer.from([1, 2]))
  })
})
