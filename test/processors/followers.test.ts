import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ByteWriter } from '../../engine/bytes.ts'
import { followers, readFollowers } from '../../processors/followers.ts'
import { followerDeltas } from '../../processors/topics/follower-deltas.ts'
import { later, userId } from './events.ts'
import { Harness } from './harness.ts'

const NOTHING = Buffer.alloc(0)

test('folded deltas say what they say one by one', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -3, max: 3 }), { minLength: 1, maxLength: 20 }), (deltas) => {
      let sum: Buffer = NOTHING
      for (const [index, delta] of deltas.entries()) {
        const one = new ByteWriter(1)
        followerDeltas.codec.encode({ userId: userId('ünï'), followers: delta, at: later(index) }, one)
        const next = new ByteWriter(1)
        followerDeltas.fold!.merge(sum, 0, sum.length, one.view(), 0, one.position, next)
        sum = next.copy()
      }
      expect(followerDeltas.codec.decode(sum, 0, sum.length)).toEqual({
        userId: 'ünï',
        followers: deltas.reduce((total, delta) => total + delta, 0),
        at: later(deltas.length - 1),
      })
    }),
    { numRuns: 100 },
  )
})

test('followers gained and lost add up, and nobody has fewer than none', () => {
  const harness = new Harness(followers) as Harness<unknown>
  const apply = (count: number): void => {
    harness.apply(followerDeltas, { userId: userId('user-1'), followers: count, at: later(0) })
  }
  apply(5)
  apply(-2)
  expect(readFollowers(harness.row('user-1'))).toBe(3)
  apply(-4)
  expect(readFollowers(harness.row('user-1'))).toBe(0)
  apply(1)
  expect(harness.rows.size).toBe(0)
})
