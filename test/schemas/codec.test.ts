import fc from 'fast-check'
import { expect, test } from 'vitest'
import { reactions } from '../../schemas/reactions/index.ts'
import { ContractError } from '../../schemas/rules.ts'
import { encode, examplesOf } from './support.ts'

const whole = encode(reactions, reactions.fromJson(examplesOf('reactions')[0]))

/** What decoding a record within a buffer comes to: its value, or what is said to be wrong with it. */
const told = (before: Uint8Array, record: Uint8Array, after: Uint8Array): unknown => {
  try {
    const buffer = Buffer.concat([before, record, after])
    return reactions.decode(buffer, before.length, before.length + record.length)
  } catch (error) {
    return error instanceof ContractError ? error.message : error
  }
}

test('what is read of a record, or wrong with it, does not hang on what lies around it', () => {
  const neighbour = fc.oneof(fc.uint8Array({ maxLength: 40 }), fc.constant(whole))
  const record = fc.oneof(
    fc.nat(whole.length).map((cut) => whole.subarray(0, cut)),
    fc.uint8Array({ maxLength: 8 }).map((more) => Buffer.concat([whole, more])),
    fc.tuple(fc.nat(whole.length - 1), fc.nat(255)).map(([at, byte]) => {
      const changed = Buffer.from(whole)
      changed[at] = byte
      return changed
    }),
  )
  const none = Buffer.alloc(0)
  fc.assert(
    fc.property(neighbour, record, neighbour, (before, bytes, after) => {
      expect(told(before, bytes, after)).toEqual(told(none, bytes, none))
    }),
    { numRuns: 2_000 },
  )
})
