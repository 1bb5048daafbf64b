import { expect, test } from 'vitest'
import { PostTable } from '../../../cli/import/post-table.ts'

test('posts are found again whatever the order and gaps of their ids', () => {
  const posts = new PostTable()
  posts.add(5_000_000, { type: 'answer', author: -1, parent: 7, createdAt: 1_503_878_399_999 })
  posts.add(7, { type: 'question', author: undefined, parent: undefined, createdAt: 12 })
  expect(posts.type(5_000_000)).toBe('answer')
  expect(posts.author(5_000_000)).toBe(-1)
  expect(posts.parent(5_000_000)).toBe(7)
  expect(posts.createdAt(5_000_000)).toBe(1_503_878_399_999)
  expect(posts.type(7)).toBe('question')
  expect(posts.author(7)).toBeUndefined()
  expect(posts.parent(7)).toBeUndefined()
  expect(posts.createdAt(7)).toBe(12)
})

test('ids that were not added are not known, within the table or beyond it', () => {
  const posts = new PostTable()
  for (const postId of [1, 1_023, 1_024, 199_999_999]) {
    expect(posts.type(postId)).toBeUndefined()
    expect(posts.author(postId)).toBeUndefined()
    expect(posts.parent(postId)).toBeUndefined()
  }
})
