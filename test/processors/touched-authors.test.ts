import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  readTouchedAuthors,
  TOUCH_DWELL_MS_MIN,
  TOUCHED_AUTHORS_MAX,
  touchedAuthors,
} from '../../processors/touched-authors.ts'
import { erasures, reactions } from '../../processors/topics.ts'
import { ERASURE_MEMORY_MS } from '../../processors/erasure.ts'
import { MINUTE_MS } from '../../schemas/ids.ts'
import { REACTION_KINDS, type Reaction } from '../../schemas/reactions/index.ts'
import { aReaction, later } from './events.ts'
import { Harness } from './harness.ts'
import { anErasure } from './personal-events.ts'

const run = (events: readonly Reaction[]): Harness<unknown> => {
  const harness = new Harness(touchedAuthors) as Harness<unknown>
  for (const event of events) harness.apply(reactions, event)
  return harness
}

const authorsOf = (harness: Harness<unknown>): (readonly [string, number])[] =>
  harness.rows.has('user-1')
    ? readTouchedAuthors(harness.row('user-1')).map(({ authorId, touches }) => [authorId, touches] as const)
    : []

test('authors come newest touch first, with the number of touches', () => {
  const harness = run([
    aReaction({ authorId: 'ann', kind: 'like', at: later(0) }),
    aReaction({ authorId: 'bob', kind: 'comment', at: later(5 * MINUTE_MS) }),
    aReaction({ authorId: 'ann', kind: 'share', at: later(9 * MINUTE_MS) }),
  ])
  expect(authorsOf(harness)).toEqual([
    ['ann', 2],
    ['bob', 1],
  ])
})

test('views, skips, negatives, short dwells, unknown users and oneself touch nobody', () => {
  const events = REACTION_KINDS.filter((kind) =>
    ['view', 'skip', 'hide', 'see_less', 'report', 'block_author'].includes(kind),
  ).map((kind) => aReaction({ kind }))
  const harness = run([
    ...events,
    aReaction({ kind: 'dwell', value: TOUCH_DWELL_MS_MIN - 1 }),
    aReaction({ kind: 'watch' }),
    aReaction({ userId: null }),
    aReaction({ userId: 'author-1' }),
  ])
  expect(harness.rows.size).toBe(0)
  expect(authorsOf(run([aReaction({ kind: 'dwell', value: TOUCH_DWELL_MS_MIN })]))).toEqual([['author-1', 1]])
})

test('an undo takes its touch back, and the author leaves with the last one', () => {
  const touches = [aReaction({ kind: 'like' }), aReaction({ kind: 'save', at: later(1) })]
  const harness = run([...touches, aReaction({ kind: 'like', undo: true, at: later(2) })])
  expect(authorsOf(harness)).toEqual([['author-1', 1]])
  harness.apply(reactions, aReaction({ kind: 'save', undo: true, at: later(3) }))
  expect(harness.rows.size).toBe(0)
})

test('an undo that overtakes its touch takes it back all the same', () => {
  const harness = run([aReaction({ undo: true, at: later(1) })])
  expect(authorsOf(harness)).toEqual([])
  harness.apply(reactions, aReaction())
  expect(harness.rows.size).toBe(0)
})

test('touches less undos are counted exactly, in any order', () => {
  const event = fc.record({
    authorId: fc.constantFrom('ann', 'bob', 'cyd', 'dörte'),
    undo: fc.boolean(),
    at: fc.integer({ min: 0, max: 3_600_000 }),
  })
  fc.assert(
    fc.property(fc.array(event, { maxLength: 60 }), (events) => {
      const model = new Map<string, number>()
      for (const { authorId, undo } of events)
        model.set(authorId, (model.get(authorId) ?? 0) + (undo ? -1 : 1))
      const expected = new Map([...model].filter(([, touches]) => touches > 0))
      const made = events.map((each) => aReaction({ ...each, at: later(each.at) }))
      expect(new Map(authorsOf(run(made)))).toEqual(expected)
    }),
    { numRuns: 100 },
  )
})

test('the authors touched last are kept, whatever the order, and the others counted', () => {
  const touches = Array.from({ length: TOUCHED_AUTHORS_MAX + 10 }, (_, index) =>
    aReaction({ authorId: `author-${index}`, userId: 'user-1', at: later(index * MINUTE_MS) }),
  )
  const inOrder = run(touches)
  const backwards = run(touches.toReversed())
  expect(authorsOf(inOrder)).toEqual(authorsOf(backwards))
  expect(authorsOf(inOrder)).toHaveLength(TOUCHED_AUTHORS_MAX)
  expect(authorsOf(inOrder).at(-1)).toEqual(['author-10', 1])
  expect(inOrder.counts.get('touched_authors.dropped')).toBe(10)
})

test('an erasure takes everything up to then, refuses what comes late, and is itself forgotten', () => {
  const harness = run([
    aReaction({ authorId: 'ann' }),
    aReaction({ authorId: 'bob', at: later(20 * MINUTE_MS) }),
  ])
  harness.apply(erasures, anErasure(later(10 * MINUTE_MS)))
  expect(authorsOf(harness)).toEqual([['bob', 1]])
  harness.apply(reactions, aReaction({ authorId: 'cyd', at: later(9 * MINUTE_MS) }))
  expect(authorsOf(harness)).toEqual([['bob', 1]])
  harness.apply(erasures, anErasure(later(30 * MINUTE_MS)))
  expect(harness.rows.size).toBe(1)
  harness.advance(later(30 * MINUTE_MS + ERASURE_MEMORY_MS))
  expect(harness.rows.size).toBe(0)
})
