import fc from 'fast-check'
import { expect, test } from 'vitest'
import { SEEN_BYTES_MAX } from '../../../world/parameters.ts'
import { Seen } from '../../../world/posts/seen.ts'

const USERS = 3
const step = fc.record({
  user: fc.integer({ min: 0, max: USERS - 1 }),
  post: fc.integer({ min: 0, max: 2_000 }),
  comments: fc.integer({ min: 0, max: 5 }),
  act: fc.constantFrom('look', 'takePart'),
})

test('what was seen is what was looked at, and news are comments since, for those who took part', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const seen = new Seen(USERS)
      const looked = new Set<string>()
      const threads = new Map<string, number>()
      for (const { user, post, comments, act } of steps) {
        const key = `${user} ${post}`
        if (act === 'look') {
          seen.look(user, post, comments)
          looked.add(key)
          if (threads.has(key)) threads.set(key, comments)
        } else {
          seen.takePart(user, post, comments)
          threads.set(key, comments)
        }
        for (const at of [post, post + 1, post + 32]) {
          const other = `${user} ${at}`
          expect(seen.has(user, at)).toBe(looked.has(other))
          expect(seen.hasNews(user, at, 3)).toBe(threads.has(other) && 3 > threads.get(other)!)
        }
      }
    }),
  )
})

test('more than fits in memory is refused, in words that say what to choose', () => {
  const users = 1_000
  const seen = new Seen(users)
  const post = Math.floor((SEEN_BYTES_MAX * 8) / users) + 1
  expect(() => seen.look(0, post, 0)).toThrow(/choose fewer users or days/)
  expect(seen.has(0, post)).toBe(false)
})
