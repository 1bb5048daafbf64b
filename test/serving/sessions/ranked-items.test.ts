import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ContainerId, Hashtag, PostId, UserId } from '../../../schemas/ids.ts'
import { RANKED_HASHTAGS_MAX } from '../../../schemas/impressions/index.ts'
import { candidateOf, SOURCES } from '../../../serving/candidate.ts'
import { RankedItems } from '../../../serving/sessions/ranked-items.ts'
import { ViewerDraft } from '../../../serving/viewer-draft.ts'
import { anEntry, userId } from '../../processors/events.ts'

const viewer = new ViewerDraft(userId('user-1'))
const word = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 })
const ranked = fc.record({
  postId: word,
  authorId: word,
  containerId: fc.option(word),
  commenters: fc.array(word, { maxLength: 3 }),
  hashtags: fc.option(fc.array(word, { maxLength: RANKED_HASHTAGS_MAX + 2 })),
  source: fc.constantFrom(...SOURCES),
  scores: fc.tuple(fc.double(), fc.double(), fc.double()),
  ranks: fc.tuple(fc.integer({ min: -1, max: 500 }), fc.integer({ min: -1, max: 500 })),
})

test('an order tells of each place what its candidate was, and where a post stands', () => {
  fc.assert(
    fc.property(fc.uniqueArray(ranked, { selector: ({ postId }) => postId, maxLength: 20 }), (all) => {
      const order = all.map(({ postId, authorId, containerId, source, ...rest }) => ({
        ...candidateOf(
          anEntry({
            postId,
            authorId,
            containerId: containerId as ContainerId | null,
          }),
          source,
        ),
        commenters: rest.commenters as UserId[],
        content: rest.hashtags && { hashtags: rest.hashtags as Hashtag[], mentions: [], textLength: 0 },
        lightScore: rest.scores[0],
        expectedValue: rest.scores[1],
        value: rest.scores[2],
        lightRank: rest.ranks[0],
        heavyRank: rest.ranks[1],
      }))
      const items = new RankedItems(order, viewer)
      expect(items.slice(0, order.length + 1)).toMatchObject(
        all.map(({ postId, authorId, containerId, commenters, hashtags, source, scores, ranks }, index) => ({
          index,
          post: { postId, authorId },
          containerId,
          commenters,
          hashtags: (hashtags ?? []).slice(0, RANKED_HASHTAGS_MAX),
          source,
          lightScore: scores[0],
          expectedValue: scores[1],
          value: scores[2],
          lightRank: ranks[0],
          heavyRank: ranks[1],
        })),
      )
      for (const [index, { postId }] of all.entries()) expect(items.indexOf(postId as PostId)).toBe(index)
      expect(items.indexOf('nowhere to be found' as PostId)).toBe(-1)
    }),
  )
})
