import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ByteWriter } from '../../engine/bytes.ts'
import { ERASURE_MEMORY_MS } from '../../processors/erasure.ts'
import { undoneReactions } from '../../processors/given-reactions.ts'
import {
  anonymousReactionRouting,
  COUNTRIES_MAX,
  reactionRouting,
  readUserCountry,
} from '../../processors/reaction-routing.ts'
import { erasures, profiles, reactions } from '../../processors/topics.ts'
import { reactionsByPost } from '../../processors/topics/post-reaction.ts'
import type { Mapper } from '../../engine/processor.ts'
import { aPostReaction, aProfile, aReaction, eventId, later, userId } from './events.ts'
import { Harness } from './harness.ts'

test('a reaction goes to its post with the country of whoever reacted', () => {
  const harness = new Harness(reactionRouting)
  harness.apply(profiles, aProfile({ country: 'DE' }))
  harness.apply(reactions, aReaction({ kind: 'dwell', value: 1_500.5 }))
  harness.apply(reactions, aReaction({ userId: 'user-2', kind: 'comment', commentId: 'comment-1' }))
  expect(harness.sent(reactionsByPost)).toEqual([
    aPostReaction({ kind: 'dwell', value: 1_500.5, country: 'DE' }),
    aPostReaction({ userId: 'user-2', kind: 'comment', commentId: 'comment-1' }),
  ])
  expect(harness.emitted[0]!.key).toEqual(['post-1'])
})

test('a reaction of a user without a profile leaves no row', () => {
  const harness = new Harness(reactionRouting)
  harness.apply(reactions, aReaction())
  expect(harness.rows.size).toBe(0)
})

test('an undo goes to its post from where it is dated to what it undoes, once', () => {
  const harness = new Harness(reactionRouting)
  harness.apply(reactions, aReaction({ undo: true, at: later(9) }))
  harness.apply(undoneReactions, aReaction({ undo: true, at: later(2) }))
  expect(harness.sent(reactionsByPost)).toEqual([aPostReaction({ undo: true, at: later(2) })])
})

test('reactions of nobody known go to their post too, and to no user', () => {
  const user = new Harness(reactionRouting)
  user.apply(reactions, aReaction({ userId: null }))
  expect(user.emitted).toEqual([])
  const [given, undone] = anonymousReactionRouting.map((mapper) => new Harness(mapper as Mapper<never>))
  given!.apply(reactions, aReaction())
  given!.apply(reactions, aReaction({ userId: null }))
  undone!.apply(undoneReactions, aReaction({ userId: null, undo: true }))
  expect(given!.sent(reactionsByPost)).toEqual([aPostReaction({ userId: null })])
  expect(undone!.sent(reactionsByPost)).toEqual([aPostReaction({ userId: null, undo: true })])
})

test('the newest profile tells the country, in whatever order profiles come', () => {
  const profile = fc
    .record({ id: fc.nat(9), after: fc.nat(3), country: fc.constantFrom('DE', 'FR', null) })
    .map(({ id, after, country }) => aProfile({ eventId: `${after}-${id}`, country, at: later(after) }))
  const all = fc.uniqueArray(profile, { selector: (each) => each.eventId, minLength: 1, maxLength: 8 })
  fc.assert(
    fc.property(all, (events) => {
      const harness = new Harness(reactionRouting)
      for (const event of events) harness.apply(profiles, event)
      const newest = events.toSorted((one, other) => (one.eventId < other.eventId ? 1 : -1))[0]!
      expect(readUserCountry(harness.row('user-1'))).toBe(newest.country)
    }),
  )
})

test('an undo names the country of the reaction that it takes back, wherever the user lives by then', () => {
  const harness = new Harness(reactionRouting)
  harness.apply(profiles, aProfile({ eventId: 'in Germany', country: 'DE', at: later(1) }))
  harness.apply(reactions, aReaction({ at: later(2) }))
  harness.apply(profiles, aProfile({ eventId: 'in France', country: 'FR', at: later(3) }))
  harness.apply(reactions, aReaction({ postId: 'post-2', at: later(4) }))
  harness.apply(undoneReactions, aReaction({ undo: true, at: later(2) }))
  expect(harness.sent(reactionsByPost).map(({ country }) => country)).toEqual(['DE', 'FR', 'DE'])
})

test('a reaction counts in the country of its own time, whatever order profiles and reactions come in', () => {
  const moves = fc.uniqueArray(fc.nat(40), { maxLength: COUNTRIES_MAX })
  fc.assert(
    fc.property(moves, fc.infiniteStream(fc.nat()), fc.nat(40), (all, orders, at) => {
      const harness = new Harness(reactionRouting)
      for (const after of all.toSorted(() => (orders.next().value % 3) - 1)) {
        harness.apply(
          profiles,
          aProfile({ eventId: `${after}`, country: after % 2 === 0 ? 'DE' : 'FR', at: later(after) }),
        )
      }
      harness.apply(reactions, aReaction({ at: later(at) }))
      const last = Math.max(...all.filter((after) => after <= at))
      const country = last === -Infinity ? null : last % 2 === 0 ? 'DE' : 'FR'
      expect(harness.sent(reactionsByPost)[0]!.country).toBe(country)
    }),
  )
})

test('the undo of a reaction that an older profile came after goes by that profile, which did not count it', () => {
  const harness = new Harness(reactionRouting)
  harness.apply(reactions, aReaction({ at: later(2) }))
  harness.apply(profiles, aProfile({ country: 'FR', at: later(1) }))
  harness.apply(undoneReactions, aReaction({ undo: true, at: later(2) }))
  expect(harness.sent(reactionsByPost).map(({ country }) => country)).toEqual([null, 'FR'])
})

test('of a reaction from before the profiles that are kept, the oldest of those tells the country', () => {
  const harness = new Harness(reactionRouting)
  for (let after = 0; after < 2 * COUNTRIES_MAX; after++) {
    harness.apply(profiles, aProfile({ eventId: `event-${after}`, country: 'DE', at: later(after) }))
  }
  harness.apply(undoneReactions, aReaction({ undo: true, at: later(1) }))
  expect(harness.sent(reactionsByPost)[0]!.country).toBe('DE')
})

test('a row of the first version is read on', () => {
  const row = new ByteWriter()
  row.u8(1)
  row.u8(1)
  row.bytes(Buffer.from('DE'), 0, 2)
  row.f64(later(5))
  row.string('event-1')
  expect(readUserCountry(row.copy())).toBe('DE')
})

test('an erasure forgets the country, refuses profiles from before it, and is itself forgotten', () => {
  const harness = new Harness(reactionRouting)
  harness.apply(profiles, aProfile({ country: 'DE' }))
  harness.apply(erasures, { eventId: eventId('erased'), userId: userId('user-1'), at: later(5) })
  harness.apply(profiles, aProfile({ eventId: 'late', country: 'FR', at: later(4) }))
  expect(readUserCountry(harness.row('user-1'))).toBe(null)
  harness.advance(later(5 + ERASURE_MEMORY_MS))
  expect(harness.rows.size).toBe(0)
})

test('a user who comes back after an erasure is kept, and what was before is not', () => {
  const harness = new Harness(reactionRouting)
  harness.apply(erasures, { eventId: eventId('erased'), userId: userId('user-1'), at: later(5) })
  harness.apply(profiles, aProfile({ country: 'FR', at: later(6) }))
  harness.apply(profiles, aProfile({ eventId: 'late', country: 'DE', at: later(4) }))
  harness.apply(undoneReactions, aReaction({ undo: true, at: later(4) }))
  expect(harness.sent(reactionsByPost)[0]!.country).toBe(null)
  harness.advance(later(5 + ERASURE_MEMORY_MS))
  expect(readUserCountry(harness.row('user-1'))).toBe('FR')
})
