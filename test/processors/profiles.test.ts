import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ERASURE_MEMORY_MS } from '../../processors/erasure.ts'
import { profiles, readProfileRow } from '../../processors/profiles.ts'
import { erasures, profiles as profileTopic } from '../../processors/topics.ts'
import type { Profile } from '../../schemas/profiles/index.ts'
import { aProfile, later } from './events.ts'
import { Harness } from './harness.ts'
import { anErasure } from './personal-events.ts'

const run = (events: readonly Profile[]): Harness<unknown> => {
  const harness = new Harness(profiles) as Harness<unknown>
  for (const event of events) harness.apply(profileTopic, event)
  return harness
}

const contentOf = ({ country, language, birthYear, gender, interests }: Profile): object => ({
  country,
  language,
  birthYear,
  gender,
  interests,
})

const optional = (values: readonly string[]): fc.Arbitrary<string | null> => fc.constantFrom(null, ...values)

const profile = fc
  .record({
    eventId: fc.constantFrom('a', 'b', 'c', 'd'),
    country: optional(['DE', 'ZA']),
    language: optional(['en', 'pt-br']),
    birthYear: fc.option(fc.integer({ min: 1_900, max: 2_100 })),
    gender: optional(['woman', 'ή']),
    interests: fc.array(fc.string({ minLength: 1, maxLength: 8 }), { maxLength: 4 }),
    at: fc.integer({ min: 0, max: 3 }),
  })
  .map(({ at, ...fields }) => aProfile({ ...fields, at: later(at) }))

test('the newest profile holds whole, ties by event id, in whatever order they come', () => {
  const all = fc.uniqueArray(profile, {
    selector: (each) => `${each.at} ${each.eventId}`,
    minLength: 1,
    maxLength: 8,
  })
  fc.assert(
    fc.property(all, (events) => {
      const newest = events.toSorted(
        (one, other) => other.at - one.at || (one.eventId < other.eventId ? 1 : -1),
      )[0]!
      expect(readProfileRow(run(events).row('user-1'))).toEqual(contentOf(newest))
    }),
    { numRuns: 200 },
  )
})

test('an erasure takes the profile, refuses older ones, yields to newer ones, and is itself forgotten', () => {
  const harness = run([aProfile({ country: 'DE' })])
  harness.apply(erasures, anErasure(later(10)))
  harness.apply(profileTopic, aProfile({ country: 'FR', at: later(9) }))
  expect(readProfileRow(harness.row('user-1'))).toBeNull()
  harness.apply(profileTopic, aProfile({ country: 'US', at: later(11) }))
  harness.advance(later(10 + ERASURE_MEMORY_MS))
  expect(readProfileRow(harness.row('user-1'))).toMatchObject({ country: 'US' })
  harness.apply(erasures, anErasure(later(20)))
  harness.advance(later(20 + ERASURE_MEMORY_MS))
  expect(harness.rows.size).toBe(0)
})
