import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ERASURE_MEMORY_MS } from '../../processors/erasure.ts'
import { undoneReactions } from '../../processors/given-reactions.ts'
import {
  anonymousReactionRouting,
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

test('an erasure forgets the country, refuses profiles from before it, and is itself forgotten', () => {
  const harness = new Harness(reactionRouting)
  harness.apply(profiles, aProfile({ country: 'DE' }))
  harness.apply(erasures, { eventId: eventId('erased'), userId: userId('user-1'), at: later(5) })
  harness.apply(profiles, aProfile({ eventId: 'late', country: 'FR', at: later(4) }))
  expect(readUserCountry(harness.row('user-1'))).toBe(null)
  harness.advance(later(5 + ERASURE_MEMORY_MS))
  expect(harness.rows.size).toBe(0)
})

test('a user who comes back after an erasure is kept', () => {
  const harness = new Harness(reactionRouting)
  harness.apply(erasures, { eventId: eventId('erased'), userId: userId('user-1'), at: later(5) })
  harness.apply(profiles, aProfile({ country: 'FR', at: later(6) }))
  harness.advance(later(5 + ERASURE_MEMORY_MS))
  expect(readUserCountry(harness.row('user-1'))).toBe('FR')
})
