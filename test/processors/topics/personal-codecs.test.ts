import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ByteWriter } from '../../../engine/bytes.ts'
import type { Codec, Topic } from '../../../engine/topic.ts'
import { connectionsReversed, REVERSED_KINDS } from '../../../processors/topics/connections-reversed.ts'
import { followerDeltas } from '../../../processors/topics/follower-deltas.ts'
import { labelEvents } from '../../../processors/topics/label-events.ts'
import { labelSettlements } from '../../../processors/topics/label-settlements.ts'
import { seenOverflow } from '../../../processors/topics/seen-overflow.ts'
import { REACTION_KINDS } from '../../../schemas/reactions/index.ts'

const id = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
const at = fc.integer({ min: 946_684_800_000, max: 4_102_444_800_000 })
const u32 = fc.integer({ min: 0, max: 0xffff_ffff })
const kind = fc.constantFrom(...REACTION_KINDS)
const value = fc.option(fc.double({ min: 0, max: 86_400_000, noNaN: true }))

const label = fc.record({ type: fc.constant('label'), low: u32, high: u32, kind, undo: fc.boolean(), value })
const joined = fc.record({ candidate: fc.nat(511), kind, at, value })

/** Arbitrary values by plain ids: brands cost nothing at run time. */
const topics: readonly (readonly [Topic<never>, fc.Arbitrary<unknown>])[] = [
  [
    connectionsReversed as Topic<never>,
    fc.record({
      userId: id,
      otherId: id,
      kind: fc.constantFrom(...REVERSED_KINDS),
      removed: fc.boolean(),
      at,
    }),
  ],
  [followerDeltas as Topic<never>, fc.record({ userId: id, followers: fc.integer(), at })],
  [
    labelEvents as Topic<never>,
    fc.record({ userId: id, requestId: id, at, what: fc.oneof(label, fc.constant({ type: 'forget' })) }),
  ],
  [
    labelSettlements as Topic<never>,
    fc.record({
      userId: id,
      requestId: id,
      phase: fc.constantFrom('settled', 'late', 'closed'),
      at,
      labels: fc.array(joined, { maxLength: 5 }),
    }),
  ],
  [
    seenOverflow as Topic<never>,
    fc.record({
      userId: id,
      at,
      entries: fc.uint8Array({ maxLength: 48 }).map((bytes) => Buffer.from(bytes)),
    }),
  ],
]

const encoded = (codec: Codec<never>, each: unknown): Buffer => {
  const writer = new ByteWriter(1)
  codec.encode(each as never, writer)
  return writer.copy()
}

for (const [topic, values] of topics) {
  test(`${topic.name}: what is written is read, wherever it lies`, () => {
    fc.assert(
      fc.property(values, (each) => {
        const bytes = encoded(topic.codec, each)
        const among = Buffer.concat([Buffer.from([7, 7]), bytes, Buffer.from([7, 7, 7])])
        expect(topic.codec.decode(among, 2, 2 + bytes.length)).toEqual(each)
      }),
      { numRuns: 100 },
    )
  })
}

test('bytes that end early, or name what does not exist, are refused', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...topics).chain(([topic, values]) => values.map((each) => ({ topic, each }))),
      ({ topic, each }) => {
        const bytes = encoded(topic.codec, each)
        // An overflow ends where its entries end, a delta with its id: cut into what comes before.
        const cut = topic.name === 'seen-overflow' ? 4 : bytes.length - 1
        expect(() => topic.codec.decode(bytes, 0, cut)).toThrow('bytes end early')
      },
    ),
    { numRuns: 100 },
  )
  const broken = Buffer.from([0x81, 1, 97, 1, 98, 9])
  expect(() => connectionsReversed.codec.decode(broken, 0, broken.length)).toThrow('DECODE_FAILED')
})
