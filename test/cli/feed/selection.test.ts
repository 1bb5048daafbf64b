import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Ranked } from '../../../cli/feed/ranking.ts'
import { REPEAT_WEIGHT, type Terms, TERMS } from '../../../cli/feed/score.ts'
import { zeros } from '../../../cli/feed/candidate.ts'
import { Selection } from '../../../cli/feed/selection.ts'
import { millis, type PostId, type UserId } from '../../../schemas/ids.ts'

const ranked = (score: number, author: number, index: number): Ranked => {
  const terms: Terms = zeros(TERMS)
  return {
    candidate: {
      source: 'trending',
      post: {
        postId: `post-${index}` as PostId,
        authorId: `author-${author}` as UserId,
        publishedAt: millis(0),
        kind: 'text',
        audience: 'public',
        containerId: null,
        language: null,
      },
    },
    score,
    terms: { ...terms, affinity: score },
    features: () => ({}),
  }
}

/** Looks at every post each time. */
const greedy = (all: readonly Ranked[]): { postId: string; score: number }[] => {
  const left = [...all]
  const taken = new Map<string, number>()
  const chosen: { postId: string; score: number }[] = []
  while (left.length > 0) {
    const scores = left.map(
      ({ score, candidate }) => score - REPEAT_WEIGHT * (taken.get(candidate.post.authorId) ?? 0),
    )
    const best = scores.indexOf(Math.max(...scores))
    const [each] = left.splice(best, 1)
    const { postId, authorId } = each!.candidate.post
    taken.set(authorId, (taken.get(authorId) ?? 0) + 1)
    chosen.push({ postId, score: scores[best]! })
  }
  return chosen
}

test('each post taken is the best that is left, repetition reckoned in', () => {
  const posts = fc.array(fc.tuple(fc.integer({ min: -20, max: 20 }), fc.nat(3)), { maxLength: 30 })
  fc.assert(
    fc.property(posts, fc.integer({ min: 1, max: 7 }), (given, step) => {
      const all = given
        .map(([tenths, author], index) => ranked(tenths / 10, author, index))
        .sort((one, other) => other.score - one.score)
      const selection = new Selection(all)
      const taken: Ranked[] = []
      while (!selection.isEmpty) taken.push(...selection.take(step))
      const expected = greedy(all)
      expect(taken.map(({ candidate }) => candidate.post.postId)).toEqual(
        expected.map(({ postId }) => postId),
      )
      for (const [index, { score, terms }] of taken.entries()) {
        expect(score).toBeCloseTo(expected[index]!.score, 9)
        expect(terms.affinity + terms.repeat).toBeCloseTo(score, 9)
      }
    }),
  )
})
