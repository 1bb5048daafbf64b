import fc from 'fast-check'
import { expect, test } from 'vitest'
import { integrity, readIntegrity } from '../../processors/integrity.ts'
import { integrity as judgements } from '../../processors/topics.ts'
import type { Integrity } from '../../schemas/integrity/index.ts'
import { eventId, later, postId } from './events.ts'
import { Harness } from './harness.ts'

const judgement = fc
  .record({
    id: fc.constantFrom('a', 'b', 'c', 'd'),
    after: fc.integer({ min: 0, max: 3 }),
    verdict: fc.constantFrom('allow', 'downrank', 'remove'),
    scores: fc.dictionary(
      fc.constantFrom('spam', 'hate', 'gore'),
      fc.double({ min: 0, max: 1, noNaN: true }),
    ),
  })
  .map(({ id, after, verdict, scores }): Integrity => ({
    eventId: eventId(`${after}-${id}`),
    postId: postId('post-1'),
    verdict,
    scores,
    at: later(after),
  }))

test('the newest judgement holds, in whatever order they come', () => {
  const all = fc.uniqueArray(judgement, { selector: (each) => each.eventId, minLength: 1, maxLength: 8 })
  fc.assert(
    fc.property(all, (events) => {
      const harness = new Harness(integrity)
      for (const event of events) harness.apply(judgements, event)
      const newest = events.toSorted(
        (one, other) => other.at - one.at || (one.eventId < other.eventId ? 1 : -1),
      )[0]!
      const { verdict, at, eventId } = newest
      const scores = new Map(Object.entries(newest.scores))
      expect(readIntegrity(harness.row('post-1'))).toEqual({ verdict, scores, at, eventId })
    }),
  )
})
