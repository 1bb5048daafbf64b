import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readEnvelope } from '../../schemas/envelope.ts'
import { ContractError } from '../../schemas/rules.ts'
import { encode, everyContract, examplesOf } from './support.ts'

/** The value, or the refusal; anything else that is thrown fails the test. */
const attempt = <Value>(run: () => Value): Value | ContractError => {
  try {
    return run()
  } catch (error) {
    if (error instanceof ContractError) return error
    throw error
  }
}

const hostileName = fc.constantFrom('__proto__', 'constructor', 'eventId', 'at', 'kind', 'value', 'scores')
const hostileLeaf = fc.oneof(
  fc.constantFrom<unknown>(
    Number.NaN,
    Number.POSITIVE_INFINITY,
    -0,
    2 ** 53,
    1e308,
    null,
    undefined,
    '',
    '\ud800',
  ),
  fc.constantFrom<unknown>(
    946_684_799_999,
    4_102_444_800_001,
    1_717_243_200,
    '\u0000',
    'x'.repeat(20_000),
    1n,
  ),
  fc.string({ unit: 'binary' }),
  fc.double(),
  fc.maxSafeInteger(),
  fc.jsonValue({ maxDepth: 3 }),
)

describe.each(everyContract)('$topic', (one) => {
  const examples = examplesOf(one.topic)
  const frames = examples.map((json) => encode(one, one.fromJson(json)))

  const expectDecodedOrRefused = (bytes: Buffer): void => {
    const outcome = attempt(() => one.decode(bytes, 0, bytes.length))
    if (outcome instanceof ContractError) return
    const again = encode(one, outcome)
    expect(one.decode(again, 0, again.length)).toEqual(outcome)
    const json = JSON.stringify(one.toJson(outcome))
    expect(JSON.stringify(one.toJson(one.fromJson(JSON.parse(json))))).toBe(json)
  }

  it('takes any bytes behind a right header without a crash', () => {
    const header = frames[0]!.subarray(0, 5)
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (body) => {
        expectDecodedOrRefused(Buffer.concat([header, body]))
      }),
      { numRuns: 300 },
    )
  })

  it('takes good records with bytes changed, cut out and put in', () => {
    const edit = fc.record({ at: fc.nat(), cut: fc.nat(8), put: fc.uint8Array({ maxLength: 8 }) })
    fc.assert(
      fc.property(
        fc.constantFrom(...frames),
        fc.array(edit, { minLength: 1, maxLength: 3 }),
        (frame, edits) => {
          let bytes = frame
          for (const { at, cut, put } of edits) {
            const from = at % (bytes.length + 1)
            bytes = Buffer.concat([bytes.subarray(0, from), put, bytes.subarray(from + cut)])
          }
          expectDecodedOrRefused(bytes)
        },
      ),
      { numRuns: 500 },
    )
  })

  it('takes good JSON with fields changed, added and removed', () => {
    const name = fc.oneof(fc.constantFrom(...one.record.fields.map(([field]) => field)), hostileName)
    fc.assert(
      fc.property(fc.constantFrom(...examples), name, hostileLeaf, (json, field, leaf) => {
        const changed: Record<string, unknown> = { ...json }
        Object.defineProperty(changed, field, { value: leaf, enumerable: true })
        const value = attempt(() => one.fromJson(changed))
        if (value instanceof ContractError) return
        const bytes = encode(one, value)
        expect(one.decode(bytes, 0, bytes.length)).toEqual(value)
      }),
      { numRuns: 500 },
    )
  })
})

describe('lines', () => {
  it('of any bytes are refused, not crashed on', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(attempt(() => readEnvelope(Buffer.from(bytes)))).toBeInstanceOf(ContractError)
      }),
      { numRuns: 1_000 },
    )
  })

  it('of good JSON with bytes changed are read or refused', () => {
    const lines = everyContract.flatMap(({ topic }) =>
      examplesOf(topic).map((value) => Buffer.from(JSON.stringify({ topic, value }))),
    )
    fc.assert(
      fc.property(
        fc.constantFrom(...lines),
        fc.nat(),
        fc.uint8Array({ minLength: 1, maxLength: 4 }),
        (line, at, put) => {
          const bytes = Buffer.from(line)
          bytes.set(put, at % (bytes.length - put.length))
          attempt(() => readEnvelope(bytes))
        },
      ),
      { numRuns: 2_000 },
    )
  })
})
