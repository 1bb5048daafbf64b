import { describe, expect, test } from 'vitest'
import { BASELINES } from '../../../cli/evaluate/baselines.ts'
import { DAY_MS, HOUR_MS } from '../../../schemas/ids.ts'
import type { Integrity } from '../../../schemas/integrity/index.ts'
import { aPost, aReaction, eventId, later, postId, T0, userId } from '../../processors/events.ts'
import { corpusOf, postOf } from './events.ts'

const ada = userId('ada')
const two = [aPost({ postId: 'post-1' }), aPost({ postId: 'post-2', at: later(1) })]
const like = (fields: object = {}): ReturnType<typeof aReaction> => aReaction({ userId: 'ada', ...fields })

const active = (corpus: ReturnType<typeof corpusOf>): string[] =>
  [...corpus.mostRecentlyActive()].map((post) => post.postId)

describe('posts', () => {
  test('are active when published, edited or reacted to, by anybody and in any way', () => {
    const corpus = corpusOf(two)
    expect(active(corpus)).toEqual(['post-2', 'post-1'])
    corpus.applyReaction(aReaction({ postId: 'post-1', userId: null, kind: 'hide', at: later(2) }))
    expect(active(corpus)).toEqual(['post-1', 'post-2'])
    corpus.applyPost(aPost({ postId: 'post-2', action: 'edited', at: later(3) }))
    expect(active(corpus)).toEqual(['post-2', 'post-1'])
    expect(postOf(corpus, 'post-2').publishedAt).toBe(later(1))
  })

  test('that were deleted, removed or only edited are not there', () => {
    const corpus = corpusOf([...two, aPost({ postId: 'post-3', action: 'edited' })])
    const verdict = { eventId: eventId('v'), postId: postId('post-1'), scores: {}, at: T0 }
    corpus.applyIntegrity({ ...verdict, verdict: 'remove' })
    corpus.applyPost(aPost({ postId: 'post-2', action: 'deleted' }))
    expect(active(corpus)).toEqual([])
    corpus.applyIntegrity({ ...verdict, verdict: 'allow' })
    expect(active(corpus)).toEqual(['post-1'])
  })
})

describe('what became of a post before it was published', () => {
  const verdictOn = (id: string, verdict: 'allow' | 'remove'): Integrity => ({
    eventId: eventId('v'),
    postId: postId(id),
    verdict,
    scores: {},
    at: T0,
  })

  test('holds from its publication on: a deletion for good, a verdict until the next one', () => {
    const corpus = corpusOf([aPost({ postId: 'post-2', action: 'deleted' })])
    corpus.applyIntegrity(verdictOn('post-1', 'remove'))
    for (const post of two) corpus.applyPost(post)
    expect(active(corpus)).toEqual([])
    expect(postOf(corpus, 'post-2').gone).toBe(true)
    corpus.applyIntegrity(verdictOn('post-1', 'allow'))
    corpus.applyPost(aPost({ postId: 'post-2', at: later(1) }))
    expect(active(corpus)).toEqual(['post-1'])
  })

  test('is the last that was said', () => {
    const corpus = corpusOf([])
    corpus.applyIntegrity(verdictOn('post-1', 'remove'))
    corpus.applyIntegrity(verdictOn('post-1', 'allow'))
    for (const post of two) corpus.applyPost(post)
    expect(active(corpus)).toEqual(['post-2', 'post-1'])
  })
})

describe('users', () => {
  test('have touched what they wrote and whatever they reacted to', () => {
    const corpus = corpusOf(two, [like({ postId: 'post-1', kind: 'view' })])
    expect(corpus.hasTouched(ada, postOf(corpus, 'post-1'))).toBe(true)
    expect(corpus.hasTouched(ada, postOf(corpus, 'post-2'))).toBe(false)
    expect(corpus.hasTouched(userId('author-1'), postOf(corpus, 'post-2'))).toBe(true)
  })

  test('interact by clicks, likes, comments, shares and saves that are no undo', () => {
    const kinds = ['click', 'like', 'comment', 'share', 'save', 'view', 'dwell', 'skip', 'hide'] as const
    const corpus = corpusOf(
      two,
      kinds.map((kind) => like({ kind })),
    )
    expect(corpus.interactionsOf(ada)).toBe(5)
    corpus.applyReaction(like({ postId: 'post-2', undo: true }))
    expect(corpus.interactionsOf(ada)).toBe(5)
  })

  test('are passive once they have touched fifty posts, with fewer than one interaction in twenty-five', () => {
    const posts = Array.from({ length: 60 }, (_, index) => aPost({ postId: `post-${index}` }))
    const looksAt = (count: number) =>
      posts.slice(0, count).map(({ postId }) => like({ postId, kind: 'view' }))
    const isPassive = (looks: number, likes: number): boolean =>
      corpusOf(posts, [
        ...looksAt(looks),
        ...looksAt(likes).map((view) => ({ ...view, kind: 'like' as const })),
      ]).isPassive(ada)
    expect(isPassive(49, 0)).toBe(false)
    expect(isPassive(50, 0)).toBe(true)
    expect(isPassive(50, 1)).toBe(true)
    expect(isPassive(50, 2)).toBe(false)
    expect(isPassive(51, 2)).toBe(true)
    expect(corpusOf(posts, []).isPassive(ada)).toBe(false)
  })

  test('that were erased are strangers', () => {
    const corpus = corpusOf(two, [like()])
    corpus.forget(ada)
    expect(corpus.interactionsOf(ada)).toBe(0)
    expect(corpus.hasTouched(ada, postOf(corpus, 'post-1'))).toBe(false)
  })
})

describe('baselines', () => {
  const asOf = later(4 * DAY_MS)

  test('popularity counts positive interactions, of unknown people too, and undos take away', () => {
    const given = [like(), like({ userId: null }), like({ kind: 'view' }), like({ kind: 'hide' })]
    const corpus = corpusOf(two, given)
    expect(BASELINES.popularity(postOf(corpus, 'post-1'))).toBe(2)
    corpus.applyReaction(like({ undo: true }))
    expect(BASELINES.popularity(postOf(corpus, 'post-1'))).toBe(1)
  })

  test('decayed popularity halves in three days', () => {
    const corpus = corpusOf(two, [like({ at: later(DAY_MS) }), like({ at: asOf })])
    expect(BASELINES.decayed(postOf(corpus, 'post-1'), asOf)).toBeCloseTo(1.5, 9)
  })

  test('recent goes by publication, active by whatever happened last', () => {
    const corpus = corpusOf(two, [like({ at: later(HOUR_MS) })])
    expect(BASELINES.recent(postOf(corpus, 'post-1'))).toBe(T0)
    expect(BASELINES.active(postOf(corpus, 'post-1'))).toBe(later(HOUR_MS))
  })
})
