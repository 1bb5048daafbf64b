import fc from 'fast-check'
import { expect, test } from 'vitest'
import { node } from '../../engine/topology.ts'
import { ERASURE_MEMORY_MS } from '../../processors/erasure.ts'
import { givenReactions } from '../../processors/given-reactions.ts'
import { readSeeLess, SEE_LESS_MAX, seeLess } from '../../processors/see-less.ts'
import { erasures, reactions } from '../../processors/topics.ts'
import type { Reaction } from '../../schemas/reactions/index.ts'
import { aReaction, later } from './events.ts'
import { Harness } from './harness.ts'
import { anErasure } from './personal-events.ts'
import { picks, Pipeline } from './pipeline.ts'

/** With the processor that dates undos to what they take back. */
const run = (events: readonly Reaction[], seed = 1): Harness<unknown> => {
  const pipeline = new Pipeline([node(givenReactions), node(seeLess)])
  pipeline.publish(reactions, ...events)
  pipeline.drain(picks(seed))
  return pipeline.of('see-less')
}

const lastOf = (harness: Harness<unknown>): Record<string, number> =>
  harness.rows.has('user-1') ? Object.fromEntries(readSeeLess(harness.row('user-1'))) : {}

const aSeeLess = (fields: Parameters<typeof aReaction>[0]): Reaction =>
  aReaction({ kind: 'see_less', ...fields })

test('the last see-less on each author is known, and no other reaction says so', () => {
  const harness = run([
    aSeeLess({ authorId: 'ann', at: later(5) }),
    aSeeLess({ authorId: 'ann', at: later(3), postId: 'post-2' }),
    aSeeLess({ authorId: 'bob', at: later(4), postId: 'post-3' }),
    aReaction({ kind: 'hide', authorId: 'cyd' }),
    aSeeLess({ userId: null }),
  ])
  expect(lastOf(harness)).toEqual({ ann: later(5), bob: later(4) })
  expect([...harness.rows.keys()]).toEqual(['user-1'])
})

test('an undo brings back what was so before it', () => {
  const before = aSeeLess({ authorId: 'ann', at: later(3) })
  const after = aSeeLess({ authorId: 'ann', postId: 'post-2', at: later(8) })
  const undo = aSeeLess({ authorId: 'ann', postId: 'post-2', undo: true, at: later(20) })
  expect(lastOf(run([before, after, undo]))).toEqual({ ann: later(3) })
  expect(run([after, undo]).rows.size).toBe(0)
  expect(run([undo, after]).rows.size).toBe(0)
})

test('see-lesses given and not undone decide, in any order of topics', () => {
  const event = fc.record({
    post: fc.nat(5),
    undo: fc.boolean(),
    at: fc.nat(1_000),
  })
  fc.assert(
    fc.property(fc.array(event, { maxLength: 40 }), fc.integer(), (events, seed) => {
      const made = events.map(({ post, undo, at }) =>
        aSeeLess({ postId: `post-${post}`, authorId: `author-${post % 2}`, undo, at: later(at) }),
      )
      expect(lastOf(run(made, seed))).toEqual(bruteForce(made))
    }),
    { numRuns: 200 },
  )
})

/** Each undo takes back what was given last of its post, or the next that is given. */
const bruteForce = (events: readonly Reaction[]): Record<string, number> => {
  const last: Record<string, number> = {}
  for (const post of new Set(events.map(({ postId }) => postId))) {
    const given: Reaction[] = []
    let early = 0
    for (const each of events.filter(({ postId }) => postId === post)) {
      if (!each.undo) {
        if (early > 0) early--
        else given.push(each)
      } else if (given.pop() === undefined) early++
    }
    for (const { authorId, at } of given) last[authorId] = Math.max(last[authorId] ?? 0, at)
  }
  return last
}

test('the newest are kept, whatever the order', () => {
  const given = Array.from({ length: SEE_LESS_MAX + 2 }, (_, index) =>
    aSeeLess({ authorId: `author-${index}`, postId: `post-${index}`, at: later(index) }),
  )
  const last = lastOf(run(given))
  expect(lastOf(run(given.toReversed()))).toEqual(last)
  expect(Object.keys(last)).toHaveLength(SEE_LESS_MAX)
  expect(last).not.toHaveProperty('author-1')
})

test('an erasure takes what was given up to then, refuses what comes late, and is itself forgotten', () => {
  const harness = new Harness(seeLess) as Harness<unknown>
  const give = (authorId: string, at: number): unknown =>
    harness.apply(reactions, aSeeLess({ authorId, at: later(at) }))
  give('ann', 0)
  give('bob', 20)
  harness.apply(erasures, anErasure(later(10)))
  give('cyd', 9)
  expect(lastOf(harness)).toEqual({ bob: later(20) })
  harness.apply(erasures, anErasure(later(30)))
  expect(harness.rows.size).toBe(1)
  harness.advance(later(30 + ERASURE_MEMORY_MS))
  expect(harness.rows.size).toBe(0)
})
