import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ByteReader, ByteWriter } from '../../../engine/bytes.ts'
import { Driver } from '../../../engine/driver/driver.ts'
import { keyOf } from '../../../engine/key.ts'
import { FrameCursor } from '../../../engine/log/frame.ts'
import { Outputs } from '../../../engine/outputs.ts'
import { node, topology } from '../../../engine/topology.ts'
import { readMoments, writeMeasures, writeMoments } from '../../../processors/experiments/bytes.ts'
import {
  change,
  MEASURES,
  type Measures,
  type Moments,
  NO_MEASURES,
  NO_MOMENTS,
  RATIOS,
  summed,
} from '../../../processors/experiments/measures.ts'
import { experimentTotals, readExperimentTotals } from '../../../processors/experiments/totals.ts'
import { impressions, reactions } from '../../../processors/topics.ts'
import { type ExperimentMoments, experimentMoments } from '../../../processors/topics/experiment-moments.ts'
import { MINUTE_MS, millis } from '../../../schemas/ids.ts'
import { reactions as contract } from '../../../schemas/reactions/index.ts'
import { REACTION_VALUE_MAX } from '../../../schemas/reactions/v1.ts'
import { experiments } from '../../../topologies/experiments.ts'
import { aReaction, T0 } from '../events.ts'
import { Harness } from '../harness.ts'
import { anImpression } from '../personal-events.ts'

const ARM = 'likes/more'
const KEY = keyOf(ARM, 'all')

/** What a record or a row of before squares and products were wide could hold. */
const NARROW_MAX = 2 ** 52 - 1
const narrow = fc.oneof(fc.integer(), fc.constantFrom(NARROW_MAX, -NARROW_MAX - 1, 0, 1, -1, 63, 64))
const wide = fc.oneof(
  fc.bigInt(-(2n ** 167n), 2n ** 167n - 1n),
  ...[48n, 49n, 52n, 53n, 104n, 167n].map((bits) =>
    fc.constantFrom(2n ** bits - 1n, -(2n ** bits), ...(bits < 167n ? [2n ** bits, -(2n ** bits) - 1n] : [])),
  ),
  narrow.map(BigInt),
)

const eachOf = <Value>(list: readonly Value[]) =>
  Object.fromEntries(MEASURES.map((measure, at) => [measure, list[at]!])) as Record<keyof Measures, Value>
const measured = <Value>(value: fc.Arbitrary<Value>) =>
  fc.array(value, { minLength: MEASURES.length, maxLength: MEASURES.length }).map(eachOf)
const multiplied = <Value>(value: fc.Arbitrary<Value>) =>
  fc.array(value, { minLength: RATIOS.length, maxLength: RATIOS.length })
const anyMoments: fc.Arbitrary<Moments> = fc.record({
  users: narrow,
  sums: measured(narrow),
  squares: measured(wide),
  products: multiplied(wide),
})

const told = (moments: Moments, at: number = T0): ExperimentMoments => ({
  experiment: ARM,
  window: 'all',
  at: millis(at),
  moments,
})

/** Every sum as a bigint, in order. */
const flat = ({ users, sums, squares, products }: Moments): bigint[] =>
  [users, ...Object.values(sums), ...Object.values(squares), ...products].map(BigInt)
const total = (list: readonly Moments[]): bigint[] =>
  list.map(flat).reduce((one, other) => one.map((value, at) => value + other[at]!))

test('sums of any width are read as they were written', () => {
  fc.assert(
    fc.property(anyMoments, (moments) => {
      const writer = new ByteWriter(1)
      writeMoments(moments, writer)
      const reader = new ByteReader().over(writer.copy())
      expect(readMoments(reader)).toEqual(moments)
      expect(reader.left).toBe(0)
    }),
  )
  const beyond = { ...NO_MOMENTS, products: RATIOS.map(() => 2n ** 167n) }
  expect(() => writeMoments(beyond, new ByteWriter(1))).toThrow(RangeError)
  const endless = new ByteReader().over(Buffer.alloc(99, 0xff).fill(0, 0, 9))
  expect(() => readMoments(endless)).toThrow(RangeError)
})

test('whatever moments a commit adds up, all of them arrive: in one record, or in as many as hold them', () => {
  fc.assert(
    fc.property(fc.array(anyMoments, { minLength: 2, maxLength: 5 }), (list) => {
      const outputs = new Outputs([experimentMoments], () => 1)
      for (const moments of list) {
        const bytes = new ByteWriter(1)
        bytes.bytes(KEY)
        experimentMoments.codec.encode(told(moments), bytes)
        outputs.add(experimentMoments.name, T0, bytes, 0, KEY.length, bytes.position)
      }
      const arrived: Moments[] = []
      for (const { frame } of outputs.take().entries) {
        const cursor = new FrameCursor().over(frame)
        while (cursor.next()) {
          const { buffer, valueStart, valueEnd } = cursor
          arrived.push(experimentMoments.codec.decode(buffer, valueStart, valueEnd).moments)
        }
      }
      expect(total(arrived)).toEqual(total(list))
    }),
  )
})

test('sums over 20,000 users of a million seconds each are exact, in any order and after any of them leave', () => {
  const users = Array.from({ length: 20_000 }, (_, user) => ({
    ...NO_MEASURES,
    feeds: 1 + (user % 7),
    seconds: 1_000_000 + user,
  }))
  const come = users.map((measures) => change(null, measures))
  const seconds = users.map((measures) => BigInt(measures.seconds))
  const all = come.reduce(summed, NO_MOMENTS)
  expect(all.squares.seconds).toBe(seconds.reduce((sum, each) => sum + each * each, 0n))
  const perFeed = RATIOS.findIndex(({ name }) => name === 'seconds_per_feed')
  expect(all.products[perFeed]).toBe(
    users.reduce((sum, each, at) => sum + seconds[at]! * BigInt(each.feeds), 0n),
  )
  expect(come.toReversed().reduce(summed, NO_MOMENTS)).toEqual(all)
  expect(users.map((measures) => change(measures, null)).reduce(summed, all)).toEqual(NO_MOMENTS)
})

test('what one user does grows by the squares that it grows by, however large', () => {
  const most = (seconds: number): Measures => ({ ...NO_MEASURES, feeds: 3, seconds })
  const grown = change(most(2 ** 51), most(2 ** 51 + 1))
  expect(grown.squares.seconds).toBe(2n ** 52n + 1n)
  expect(grown.squares.feeds).toBe(0n)
})

test('totals go on where they were full before: no sum of a year of looks is put aside', async () => {
  const totals = topology('totals', 'totals', [node(experimentTotals)])
  const driver = await Driver.start(totals, { partitions: 1, workers: 1, startMs: T0 })
  const year = { ...NO_MEASURES, feeds: 1, seconds: 1_800 * 365 }
  const many = Array.from({ length: 4_000 }, () => change(null, year)).reduce(summed, NO_MOMENTS)
  for (let part = 0; part < 5; part++) await driver.publish(experimentMoments, told(many, T0 + part))
  await driver.settle()
  expect(await driver.deadLetters(experimentMoments)).toEqual([])
  const { users, squares } = readExperimentTotals((await driver.row('experiment-totals', ARM, 'all'))!)
  expect([users, squares.seconds]).toEqual([20_000, 20_000n * BigInt(year.seconds) ** 2n])
})

/** Of before: as `writeMoments` was, all signed varints. */
const writeNarrow = (moments: Moments, writer: ByteWriter): void => {
  writer.signedVarint(moments.users)
  writeMeasures(moments.sums, writer)
  for (const value of [...Object.values(moments.squares), ...moments.products])
    writer.signedVarint(Number(value))
}
const narrowMoments: fc.Arbitrary<Moments> = fc.record({
  users: narrow,
  sums: measured(narrow),
  squares: measured(narrow.map(BigInt)),
  products: multiplied(narrow.map(BigInt)),
})

test('rows and records of before sums were wide are read, and added to', () => {
  fc.assert(
    fc.property(narrowMoments, narrowMoments, (kept, sent) => {
      const row = new ByteWriter(1)
      row.u8(1)
      row.f64(T0)
      writeNarrow(kept, row)
      expect(readExperimentTotals(row.copy())).toEqual(kept)

      const record = new ByteWriter(1)
      record.u8(0x81)
      record.f64(T0)
      writeNarrow(sent, record)
      record.string(ARM)
      record.string('all')
      const decoded = experimentMoments.codec.decode(record.copy(), 0, record.position)
      expect(decoded).toEqual(told(sent))

      // Numbers of users and sums themselves are no wider than they were.
      const harness = new Harness(experimentTotals) as Harness<unknown>
      harness.rows.set(`${ARM}\0all`, row.copy())
      const counted = { ...decoded.moments, users: 0, sums: NO_MEASURES }
      harness.apply(experimentMoments, { ...decoded, moments: counted })
      const after = harness.row(ARM, 'all')
      expect(after[0]).toBe(2)
      expect(readExperimentTotals(after)).toEqual(summed(kept, counted))
    }),
  )
})

test('one user who looks as long as reactions may say, time and again, stops no worker and fills no sum', async () => {
  const driver = await Driver.start(experiments, { partitions: 1, workers: 1, startMs: T0 })
  const slates = ['request-1', 'request-2']
  for (const requestId of slates) await driver.publish(impressions, anImpression({ requestId, at: T0 }))
  const looks = 300
  for (let look = 0; look < looks * slates.length; look++) {
    const requestId = slates[look % slates.length]!
    const at = T0 + MINUTE_MS + look
    const watch = aReaction({
      eventId: `look-${look}`,
      kind: 'watch',
      value: REACTION_VALUE_MAX,
      requestId,
      at,
    })
    contract.check(watch)
    await driver.publish(reactions, watch)
  }
  await driver.settle()
  driver.advance(60 * MINUTE_MS)
  const later = aReaction({ kind: 'like', userId: 'user-2', postId: 'post-9', at: T0 + 60 * MINUTE_MS })
  await driver.publish(reactions, later)
  await driver.settle()
  for (const topic of [reactions, experimentMoments]) expect(await driver.deadLetters(topic)).toEqual([])
  const row = await driver.row('experiment-totals', 'everyone/all', 'all')
  const seconds = slates.length * looks * 35 * 60
  expect(readExperimentTotals(row!)).toMatchObject({
    users: 1,
    sums: { feeds: 2, seconds },
    squares: { seconds: BigInt(seconds) ** 2n },
  })
})
