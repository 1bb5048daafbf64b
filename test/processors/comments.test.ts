import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  COMMENTS_LISTED_MAX,
  postComments,
  readCommentCount,
  unseenComments,
} from '../../processors/comments.ts'
import { type PostReaction, reactionsByPost } from '../../processors/topics/post-reaction.ts'
import { aPostReaction, later, T0, userId } from './events.ts'
import { Harness } from './harness.ts'

const commented = (user: string | null, comment: string | null, after: number, undo = false): PostReaction =>
  aPostReaction({ userId: user, kind: 'comment', commentId: comment, undo, at: later(after) })

const after = (...events: readonly PostReaction[]): Buffer => {
  const harness = new Harness(postComments)
  for (const event of events) harness.apply(reactionsByPost, event)
  return harness.row('post-1')
}

const viewer = userId('viewer')

test('unseen comments are those of others made since, newest first, each writer once', () => {
  const row = after(
    commented('ann', 'c1', 1),
    commented('bob', 'c2', 5),
    commented('ann', 'c3', 6),
    commented('viewer', 'c4', 7),
    commented('bob', 'c5', 8),
    commented(null, 'c6', 9),
  )
  expect(unseenComments(row, later(4), viewer)).toEqual({ count: 4, exact: true, userIds: ['bob', 'ann'] })
  expect(readCommentCount(row)).toBe(6)
})

test('an undo takes its comment back, whichever comes first', () => {
  const made = commented('ann', 'c1', 5)
  const undone = commented('ann', 'c1', 5, true)
  for (const row of [after(made, undone), after(undone, made)]) {
    expect(unseenComments(row, T0, viewer)).toEqual({ count: 0, exact: true, userIds: [] })
    expect(readCommentCount(row)).toBe(0)
  }
})

test('a comment without an id is counted, and makes what is listed inexact', () => {
  const row = after(commented('ann', null, 5))
  expect(readCommentCount(row)).toBe(1)
  expect(unseenComments(row, T0, viewer)).toEqual({ count: 0, exact: false, userIds: [] })
  expect(unseenComments(row, later(5), viewer).exact).toBe(true)
})

test('other reactions are no comments', () => {
  const harness = new Harness(postComments)
  harness.apply(reactionsByPost, aPostReaction({ kind: 'like', commentId: 'c1' }))
  expect(harness.rows.size).toBe(0)
})

test('beyond the limit the newest are listed, and exact says for how long back', () => {
  const many = Array.from({ length: COMMENTS_LISTED_MAX + 1 }, (_, at) => commented('ann', `c${at}`, at))
  const row = after(...many)
  expect(readCommentCount(row)).toBe(COMMENTS_LISTED_MAX + 1)
  expect(unseenComments(row, later(-1), viewer)).toEqual({
    count: COMMENTS_LISTED_MAX,
    exact: false,
    userIds: ['ann'],
  })
  expect(unseenComments(row, later(1), viewer)).toEqual({
    count: COMMENTS_LISTED_MAX - 1,
    exact: true,
    userIds: ['ann'],
  })
})

interface Comment {
  readonly user: string
  readonly comment: number
  readonly undo: boolean
  readonly after: number
}

const eventOf = ({ user, comment, after: at, undo }: Comment): PostReaction =>
  commented(user, `c${comment}`, at, undo)

const newestFirst = (one: Comment, other: Comment): number =>
  other.after - one.after || Number(other.undo) - Number(one.undo) || (one.user < other.user ? 1 : -1)

/** Last write of each comment, by time; of a comment and an undo at once, the undo. */
const standing = (all: readonly Comment[]): Comment[] => {
  const seen = new Set<number>()
  const last = all.toSorted(newestFirst).filter(({ comment }) => !seen.has(comment) && seen.add(comment))
  return last.filter(({ undo }) => !undo)
}

test('any order of comments and undos gives the row and the answers of a brute-force count', () => {
  // No two comments of the same time, or who wrote the newest would not be defined.
  const comment = fc
    .record({ comment: fc.nat(90), user: fc.nat(5), undo: fc.boolean(), round: fc.nat(2) })
    .map(({ comment, user, undo, round }) => ({
      user: `user-${user}`,
      comment,
      undo,
      after: round * 100 + comment,
    }))
  const orders = fc
    .array(comment, { maxLength: 120 })
    .chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })))
  fc.assert(
    fc.property(orders, fc.integer({ min: 0, max: 300 }), ([all, shuffled], since) => {
      if (all.length === 0) return
      const row = after(...all.map(eventOf))
      expect(after(...shuffled.map(eventOf)).equals(row)).toBe(true)
      const unseen = standing(all).filter(({ after: at, user }) => at > since && user !== 'user-3')
      const found = unseenComments(row, later(since), userId('user-3'))
      expect(found.count).toBeLessThanOrEqual(unseen.length)
      if (!found.exact) return
      expect(found.count).toBe(unseen.length)
      expect(found.userIds).toEqual([...new Set(unseen.map(({ user }) => user))])
    }),
  )
})
