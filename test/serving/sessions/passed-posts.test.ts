import fc from 'fast-check'
import { expect, test } from 'vitest'
import { PASSED_POSTS_MAX, PassedPosts } from '../../../serving/sessions/passed-posts.ts'

const ids = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 8 }), { maxLength: 40 })

test('posts that a feed has come past are known over any number of pages, and no others', () => {
  fc.assert(
    fc.property(ids, ids, fc.nat(40), (all, others, at) => {
      const first = new PassedPosts(PassedPosts.printsOf(undefined, all.slice(0, at)))
      const passed = new PassedPosts(PassedPosts.printsOf(first, all.slice(at)))
      for (const id of all) expect(passed.has(id)).toBe(true)
      for (const id of others) expect(passed.has(id)).toBe(all.includes(id))
    }),
  )
})

test('of more than a cursor has room for, the last are kept', () => {
  const all = Array.from({ length: PASSED_POSTS_MAX + 3 }, (_, index) => `post-${index}`)
  const passed = new PassedPosts(PassedPosts.printsOf(undefined, all))
  expect(passed.prints.length).toBe(PASSED_POSTS_MAX)
  expect(all.filter((id) => !passed.has(id))).toEqual(['post-0', 'post-1', 'post-2'])
})
