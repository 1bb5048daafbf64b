import fc from 'fast-check'
import { expect, test } from 'vitest'
import { DAY_MS } from '../../../schemas/ids.ts'
import { COMMENTERS_KEPT, type PostFacts, PostTable } from '../../../world/posts/post-table.ts'

const facts = (at: number): PostFacts => ({
  author: 1,
  ordinal: 2,
  at,
  subject: 3,
  kind: 1,
  audience: 2,
  container: 4,
  language: 1,
  quality: 0.5,
  harm: 0.25,
  trend: 5,
  mention: 6,
})

test('engagements decay with a half-life of a day, each from its own time', () => {
  const delays = fc.array(fc.integer({ min: 0, max: 3 * DAY_MS }), { minLength: 1, maxLength: 20 })
  fc.assert(
    fc.property(delays, fc.integer({ min: 0, max: 3 * DAY_MS }), (given, later) => {
      const table = new PostTable()
      const post = table.add(facts(0))
      const times = given.toSorted((one, other) => one - other)
      for (const at of times) table.engage(post, at)
      const now = times.at(-1)! + later
      const expected = times.reduce((sum, at) => sum + 2 ** (-(now - at) / DAY_MS), 0)
      expect(table.decayedEngagements(post, now)).toBeCloseTo(expected, 6)
      expect(table.engagements[post]).toBe(times.length)
    }),
  )
})

test('a table grows without losing what it holds', () => {
  const table = new PostTable()
  for (let post = 0; post < 3_000; post++) table.add({ ...facts(post), author: post })
  for (const post of [0, 1_023, 1_024, 2_999]) {
    expect([table.author[post], table.at[post], table.quality[post], table.mention[post]]).toEqual([
      post,
      post,
      0.5,
      6,
    ])
    expect([table.isThere(post, post), table.isThere(post, post - 1)]).toEqual([true, false])
    expect(table.commenters[post * COMMENTERS_KEPT]).toBe(-1)
  }
  table.goneAt[5] = 100
  expect([table.isThere(5, 99), table.isThere(5, 100)]).toEqual([true, false])
})

test('the last commenters are kept', () => {
  const table = new PostTable()
  const post = table.add(facts(0))
  for (let user = 0; user < COMMENTERS_KEPT + 2; user++) table.comment(post, user)
  const kept = [...table.commenters.subarray(0, COMMENTERS_KEPT)].toSorted((one, other) => one - other)
  expect(kept).toEqual([2, 3, 4, 5])
  expect(table.comments[post]).toBe(COMMENTERS_KEPT + 2)
})
