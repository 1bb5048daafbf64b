import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ByteReader, ByteWriter, copyBytes, copyData, dataOf, TruncatedBytes } from '../../engine/bytes.ts'

const MAX = Number.MAX_SAFE_INTEGER

const varintOf = (value: number): Buffer => {
  const writer = new ByteWriter(1)
  writer.varint(value)
  return writer.copy()
}

const signedOf = (value: number): number => {
  const writer = new ByteWriter(1)
  writer.signedVarint(value)
  return new ByteReader().over(writer.copy()).signedVarint()
}

/** LEB128 by its definition, on integers without limit. */
const leb128 = (value: number): Buffer => {
  const bytes: number[] = []
  let rest = BigInt(value)
  do {
    bytes.push(Number(rest & 0x7fn) | (rest > 0x7fn ? 0x80 : 0))
    rest >>= 7n
  } while (rest > 0n)
  return Buffer.from(bytes)
}

const BORDERS = [7, 14, 21, 28, 31, 32, 35, 42, 49].flatMap((bits) => [
  2 ** bits - 1,
  2 ** bits,
  2 ** bits + 1,
])

describe('a varint', () => {
  it.each([0, 1, ...BORDERS, MAX - 1, MAX])('of %d is its LEB128 and reads back', (value) => {
    expect(varintOf(value)).toEqual(leb128(value))
    expect(new ByteReader().over(varintOf(value)).varint()).toBe(value)
  })

  it('of any safe integer is its LEB128 and reads back', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (value) => {
        expect(varintOf(value)).toEqual(leb128(value))
        expect(new ByteReader().over(varintOf(value)).varint()).toBe(value)
      }),
    )
  })

  it.each([-1, NaN, Infinity, -Infinity, 2 ** 53, 1e300])(
    'of %d is refused, and nothing is written',
    (value) => {
      const writer = new ByteWriter()
      expect(() => writer.varint(value)).toThrow(RangeError)
      expect(writer.position).toBe(0)
    },
  )
})

describe('a signed varint', () => {
  it.each([0, -1, 1, 63, -64, 64, -65, 2 ** 31, -(2 ** 31), 2 ** 52 - 1, -(2 ** 52)])(
    'of %d reads back',
    (value) => {
      expect(signedOf(value)).toBe(value)
    },
  )

  it('is as short as its magnitude', () => {
    const writer = new ByteWriter()
    writer.signedVarint(-64)
    expect(writer.position).toBe(1)
    writer.signedVarint(64)
    expect(writer.position).toBe(3)
  })

  it.each([2 ** 52, -(2 ** 52) - 1, NaN, Infinity, -Infinity])('of %d is refused', (value) => {
    expect(() => signedOf(value)).toThrow(RangeError)
  })
})

type Step = readonly [
  kind: 'u8' | 'u16' | 'u32' | 'f64' | 'f32' | 'varint' | 'signedVarint' | 'string' | 'bytes',
  value: unknown,
]

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    fc.tuple(fc.constant('u8' as const), fc.nat(255)),
    fc.tuple(fc.constant('u16' as const), fc.nat(65_535)),
    fc.tuple(fc.constant('u32' as const), fc.integer({ min: 0, max: 2 ** 32 - 1 })),
    fc.tuple(fc.constant('f64' as const), fc.double()),
    fc.tuple(fc.constant('f32' as const), fc.float()),
    fc.tuple(fc.constant('varint' as const), fc.maxSafeNat()),
    fc.tuple(fc.constant('signedVarint' as const), fc.integer()),
    fc.tuple(fc.constant('string' as const), fc.string({ unit: 'grapheme', maxLength: 80 })),
    fc.tuple(fc.constant('bytes' as const), fc.uint8Array({ maxLength: 300 })),
  ),
)

const write = (writer: ByteWriter, [kind, value]: Step): void => {
  if (kind === 'string') writer.string(value as string)
  else if (kind === 'bytes') writer.bytes(Buffer.from(value as Uint8Array))
  else writer[kind](value as number)
}

const read = (reader: ByteReader, [kind, value]: Step): unknown =>
  kind === 'bytes' ? new Uint8Array(reader.bytes((value as Uint8Array).length)) : reader[kind]()

describe('what is written', () => {
  it('reads back in order, wherever it lies, however often the buffer grew', () => {
    fc.assert(
      fc.property(steps, (sequence) => {
        const writer = new ByteWriter(1)
        writer.u8(0xee)
        for (const step of sequence) write(writer, step)
        const end = writer.position
        writer.u8(0xee)
        const reader = new ByteReader().over(writer.copy(), 1, end)
        for (const step of sequence) expect(read(reader, step)).toEqual(step[1])
        expect(reader.left).toBe(0)
      }),
    )
  })

  it('throws wherever it is cut, and never reads beyond its end', () => {
    fc.assert(
      fc.property(
        steps.filter((sequence) => sequence.length > 0),
        fc.nat(),
        (sequence, cutAt) => {
          const writer = new ByteWriter()
          for (const step of sequence) write(writer, step)
          const end = writer.position
          fc.pre(end > 0)
          const reader = new ByteReader().over(writer.buffer, 0, cutAt % end)
          expect(() => {
            for (const step of sequence) read(reader, step)
          }).toThrow(TruncatedBytes)
          expect(reader.position).toBeLessThanOrEqual(reader.end)
        },
      ),
    )
  })

  it('is a copy that later writes leave alone', () => {
    const writer = new ByteWriter()
    writer.string('first')
    const copy = writer.copy()
    writer.reset()
    writer.string('later')
    expect(new ByteReader().over(copy).string()).toBe('first')
    expect(new ByteReader().over(writer.view()).string()).toBe('later')
  })
})

describe('a string', () => {
  it.each([63, 64, 65, 127, 128])('of %d characters reads back, ASCII or not', (length) => {
    for (const text of ['a'.repeat(length), 'ü'.repeat(length), `${'a'.repeat(length - 1)}漢`]) {
      const writer = new ByteWriter(1)
      writer.string(text)
      expect(writer.copy().subarray(-Buffer.byteLength(text))).toEqual(Buffer.from(text))
      expect(new ByteReader().over(writer.copy()).string()).toBe(text)
    }
  })

  it('of half a surrogate pair becomes the replacement character', () => {
    const writer = new ByteWriter()
    writer.string('\ud83d')
    expect(new ByteReader().over(writer.copy()).string()).toBe('\ufffd')
  })

  it('that claims an impossible length is refused', () => {
    const reader = new ByteReader().over(Buffer.alloc(200, 0xff))
    expect(() => reader.string()).toThrow(TruncatedBytes)
  })

  it('tells its length without being made', () => {
    const text = fc.string({ unit: 'binary', maxLength: 20 })
    fc.assert(
      fc.property(text, fc.constantFrom('', 'Zoë', '文', '🙂'), (written, more) => {
        const writer = new ByteWriter()
        writer.string(written + more)
        writer.u8(7)
        const [reader, plain] = [new ByteReader().over(writer.copy()), new ByteReader().over(writer.copy())]
        expect(reader.stringLength()).toBe(plain.string().length)
        expect(reader.u8()).toBe(7)
      }),
    )
  })

  it('reads as it stands whatever it is hinted to be', () => {
    const text = fc.string({ unit: 'binary', maxLength: 20 })
    const hint = fc.oneof(text, fc.constant('ascii'), fc.constant('Zoë'))
    fc.assert(
      fc.property(hint, hint, (written, hinted) => {
        const writer = new ByteWriter()
        writer.string(written)
        writer.u8(7)
        const [reader, plain] = [new ByteReader().over(writer.copy()), new ByteReader().over(writer.copy())]
        expect(reader.stringLike(hinted)).toBe(plain.string())
        expect(reader.u8()).toBe(7)
      }),
    )
  })
})

describe('copying', () => {
  it.each([
    ['copyBytes', copyBytes],
    [
      'copyData',
      (source: Buffer, start: number, end: number, target: Buffer, at: number) =>
        copyData(dataOf(source), start, end, dataOf(target), at),
    ],
  ])('by %s takes the range and nothing else, of any length, from and to any byte', (_, copy) => {
    fc.assert(
      fc.property(fc.nat(20), fc.nat(600), fc.nat(20), (start, length, at) => {
        // Both begin within larger memory, as pooled buffers do.
        const source = Buffer.from(Array.from({ length: 700 }, (__, index) => index % 251)).subarray(3)
        const target = Buffer.alloc(700, 0xee).subarray(5)
        copy(source, start, start + length, target, at)
        const expected = Buffer.alloc(695, 0xee)
        for (let index = 0; index < length; index++) expected[at + index] = source[start + index]!
        expect(target.equals(expected)).toBe(true)
      }),
    )
  })
})
