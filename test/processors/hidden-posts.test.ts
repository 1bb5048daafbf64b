import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ERASURE_MEMORY_MS } from '../../processors/erasure.ts'
import { HIDDEN_POSTS_MAX, HiddenPosts, hiddenPosts, HIDING } from '../../processors/hidden-posts.ts'
import { erasures, reactions } from '../../processors/topics.ts'
import { REACTION_KINDS, type Reaction } from '../../schemas/reactions/index.ts'
import { aReaction, later, postId } from './events.ts'
import { Harness } from './harness.ts'
import { anErasure } from './personal-events.ts'

const run = (events: readonly Reaction[]): Harness<unknown> => {
  const harness = new Harness(hiddenPosts) as Harness<unknown>
  for (const event of events) harness.apply(reactions, event)
  return harness
}

const isHidden = (harness: Harness<unknown>, post: string): boolean =>
  harness.rows.has('user-1') && new HiddenPosts(harness.row('user-1')).has(postId(post))

test('what a user hides or reports is hidden, and nothing else', () => {
  const harness = run(REACTION_KINDS.map((kind) => aReaction({ kind, postId: kind })))
  expect(REACTION_KINDS.filter((kind) => isHidden(harness, kind)).sort()).toEqual([...HIDING].sort())
  expect(run([aReaction({ kind: 'hide', userId: null })]).rows.size).toBe(0)
})

test('a post is hidden while some hide or report of it is not undone, in any order', () => {
  const POSTS = ['one', 'two', 'dörte']
  const event = fc.record({
    postId: fc.constantFrom(...POSTS),
    kind: fc.constantFrom('hide', 'report', 'see_less'),
    undo: fc.boolean(),
    at: fc.nat(1_000),
  })
  fc.assert(
    fc.property(fc.array(event, { maxLength: 50 }), (events) => {
      const counts = new Map<string, number>()
      for (const { postId: post, kind, undo } of events) {
        const reason = `${post} ${kind}`
        counts.set(reason, (counts.get(reason) ?? 0) + (undo ? -1 : 1))
      }
      const harness = run(events.map((each) => aReaction({ ...each, at: later(each.at) })))
      for (const post of POSTS) {
        const expected = HIDING.some((kind) => (counts.get(`${post} ${kind}`) ?? 0) > 0)
        expect(isHidden(harness, post)).toBe(expected)
      }
    }),
    { numRuns: 100 },
  )
})

test('a hide that is undone leaves no row, whichever comes first', () => {
  const [hide, undo] = [aReaction({ kind: 'hide' }), aReaction({ kind: 'hide', undo: true, at: later(1) })]
  expect(run([hide, undo]).rows.size).toBe(0)
  expect(run([undo, hide]).rows.size).toBe(0)
  expect(isHidden(run([undo]), 'post-1')).toBe(false)
})

test('the posts hidden last are kept, whatever the order, and the others counted', () => {
  const hides = Array.from({ length: HIDDEN_POSTS_MAX + 3 }, (_, index) =>
    aReaction({ kind: 'hide', postId: `post-${index}`, at: later(index) }),
  )
  const inOrder = run(hides)
  expect(inOrder.row('user-1')).toEqual(run(hides.toReversed()).row('user-1'))
  expect(isHidden(inOrder, 'post-2')).toBe(false)
  expect(isHidden(inOrder, 'post-3')).toBe(true)
  expect(inOrder.counts.get('hidden_posts.dropped')).toBe(3)
})

test('an erasure takes what was hidden up to then, refuses what comes late, and is itself forgotten', () => {
  const harness = run([
    aReaction({ kind: 'hide', postId: 'old' }),
    aReaction({ kind: 'hide', postId: 'new', at: later(20) }),
  ])
  harness.apply(erasures, anErasure(later(10)))
  harness.apply(reactions, aReaction({ kind: 'hide', postId: 'late', at: later(9) }))
  expect(['old', 'new', 'late'].filter((post) => isHidden(harness, post))).toEqual(['new'])
  harness.apply(erasures, anErasure(later(30)))
  expect(harness.rows.size).toBe(1)
  harness.advance(later(30 + ERASURE_MEMORY_MS))
  expect(harness.rows.size).toBe(0)
})
