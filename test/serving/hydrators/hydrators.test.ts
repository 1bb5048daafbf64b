import { expect, test } from 'vitest'
import { contentVectorOf } from '../../../processors/content/content-vector.ts'
import { impressions, integrity } from '../../../processors/topics.ts'
import { HOUR_MS, MINUTE_MS } from '../../../schemas/ids.ts'
import { bitOf, type Candidate, candidateOf } from '../../../serving/candidate.ts'
import { hydrators, survivorHydrators } from '../../../serving/hydrators/index.ts'
import type { HydratorStage } from '../../../serving/pipeline/stage.ts'
import { anEntry, eventId, later, postId } from '../../processors/events.ts'
import { anImpression } from '../../processors/personal-events.ts'
import { aQuery } from '../feeds.ts'
import { People } from '../people.ts'

const named = (...ids: readonly string[]): Candidate[] =>
  ids.map((id) => candidateOf(anEntry({ postId: id }), 'friend'))

/** Runs stages as the pipeline does; answers how many reads each made. */
const hydrate = async (
  people: People,
  stages: readonly HydratorStage[],
  candidates: readonly Candidate[],
): Promise<Record<string, number>> => {
  const viewer = await people.viewer(aQuery())
  const reads: Record<string, number> = {}
  for (const stage of stages) {
    reads[stage.name] = 0
    people.state.onRead = () => reads[stage.name]!++
    const write = await stage.hydrate(aQuery(), viewer, candidates)
    write()
  }
  return reads
}

const judge = (people: People, post: string, verdict: 'downrank' | 'remove'): People =>
  people.publish(integrity, {
    eventId: eventId('e'),
    postId: postId(post),
    verdict,
    scores: {},
    at: later(0),
  })

test('candidates learn of moderation in one read, and of earlier sessions and fatigue in none', async () => {
  const people = new People().react('x', { authorId: 'author-1', kind: 'see_less', at: later(-MINUTE_MS) })
  judge(judge(people, 'bad', 'remove'), 'doubtful', 'downrank')
  people.publish(impressions, anImpression({ at: later(-HOUR_MS), posts: [], carried: ['doubtful'] }))
  const candidates = named('good', 'doubtful', 'bad')
  const reads = await hydrate(people, hydrators(people.state.rows), candidates)
  expect(candidates.map(({ verdict, carriedTimes, fatigue }) => [verdict, carriedTimes, fatigue])).toEqual([
    ['allow', 0, 0],
    ['downrank', 1, 0],
    ['remove', 0, 0],
  ])
  expect(reads).toEqual({ 'hydrator-integrity': 1, 'hydrator-carried': 0, 'hydrator-fatigue': 0 })
})

test('survivors learn what they say now, and what was said under those never seen, in one read each', async () => {
  const people = new People().tie({ targetId: 'ann', kind: 'friend' })
  people.post('one', { text: 'some words' }).post('seen').post('brought-back').post('gone')
  people.post('gone', { action: 'deleted' })
  for (const [post, user] of [
    ['one', 'dan'],
    ['one', 'ann'],
    ['one', 'user-1'],
    ['seen', 'ann'],
    ['brought-back', 'ann'],
  ] as const) {
    people.react(post, { userId: user, kind: 'comment', commentId: `${post} ${user}` })
  }
  const candidates = named('one', 'seen', 'brought-back', 'gone', 'unknown')
  candidates[1]!.seen = true
  candidates[2]!.sources |= bitOf('comments')
  candidates[2]!.unseenComments = 7
  const reads = await hydrate(people, survivorHydrators(people.state.rows), candidates)
  expect(candidates.map(({ content }) => content?.textLength)).toEqual([10, 0, 0, undefined, undefined])
  expect(candidates.map(({ contentStart }) => contentStart)).toEqual([0, -1, -1, -1, -1])
  expect(candidates[0]!.contentVectors.subarray(0, 64)).toEqual(
    contentVectorOf({ text: 'some words', hashtags: [], language: null, contentEmbedding: null }),
  )
  expect(
    candidates.map((each) => [each.unseenComments, each.unseenCommentsByFriends, each.commenters]),
  ).toEqual([
    [2, 1, ['ann', 'dan']],
    [0, 0, []],
    [7, 0, []],
    [0, 0, []],
    [0, 0, []],
  ])
  expect(reads).toEqual({ 'hydrator-contents': 1, 'hydrator-comments': 1 })
})
