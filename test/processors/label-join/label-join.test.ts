import { describe, expect, test } from 'vitest'
import {
  CLOCK_SKEW_MS,
  LABEL_WINDOW_MS,
  LONGEST_WINDOW_MS,
  PENDING_SLATES_MAX,
  SETTLE_MS,
  SETTLED_KINDS,
  SLATE_LABELS_MAX,
} from '../../../processors/label-join/windows.ts'
import { ERASURE_MEMORY_MS } from '../../../processors/erasure.ts'
import { erasures, surveys } from '../../../processors/topics.ts'
import { contract } from '../../../schemas/contract.ts'
import { examples as exampleContract } from '../../../schemas/examples/index.ts'
import { type EventId, HOUR_MS, MINUTE_MS, type RequestId, type UserId } from '../../../schemas/ids.ts'
import { impressionV1 } from '../../../schemas/impressions/v1.ts'
import { REACTION_KINDS, type Reaction } from '../../../schemas/reactions/index.ts'
import type { Survey } from '../../../schemas/surveys/index.ts'
import { encode } from '../../schemas/support.ts'
import { aReaction, later, postId } from '../events.ts'
import { anErasure, anImpression } from '../personal-events.ts'
import { JoinRun } from './run.ts'

const settled = later(SETTLE_MS + 1)

const tagged = (fields: Parameters<typeof aReaction>[0] = {}): Reaction =>
  aReaction({ requestId: 'request-1', at: later(MINUTE_MS), ...fields })

const labelsOf = (run: JoinRun): (readonly [string, string, string, ...string[]])[] =>
  run
    .examples()
    .map(({ requestId, postId: post, phase, labels }) => [
      requestId,
      post,
      phase,
      ...labels.map(({ label }) => label),
    ])

test('half an hour after a slate was served each candidate becomes one example, as it was logged', () => {
  const run = new JoinRun()
  const slate = anImpression({ posts: ['post-1', 'post-2'] })
  run.show(slate)
  run.react(tagged({ postId: 'post-2', kind: 'dwell', value: 12_345.5, at: later(2 * MINUTE_MS) }))
  run.react(tagged({ postId: 'post-2', kind: 'like' }))
  run.passTo(settled - 1)
  expect(run.examples()).toEqual([])
  run.passTo(settled)
  const { requestId, userId, at, modelVersion, configVersion, columnsHash } = slate
  const shared = {
    requestId,
    userId,
    at,
    modelVersion,
    configVersion,
    columnsHash,
    featuresEncoding: 'packed',
    phase: 'settled',
    settledLabels: SETTLED_KINDS,
    isEarly: false,
    postLanguage: 'pt',
    postKind: 'photo',
    tasteVector: slate.tasteVector,
    viewerLanguage: null,
    experiment: null,
    satisfaction: null,
  }
  const [first, second] = slate.candidates.map(
    ({
      postId: id,
      authorId,
      position,
      propensity,
      features,
      source,
      containerId,
      hashtags,
      heads,
      contentVector,
    }) => ({
      ...shared,
      containerId,
      hashtags,
      heads,
      postId: id,
      authorId,
      position,
      propensity,
      features,
      source,
      contentVector,
    }),
  )
  expect(run.examples()).toEqual([
    { ...first, exampleId: expect.any(String), labels: [] },
    {
      ...second,
      exampleId: expect.any(String),
      labels: [
        { label: 'like', at: later(MINUTE_MS), value: null },
        { label: 'dwell', at: later(2 * MINUTE_MS), value: 12_345.5 },
      ],
    },
  ])
  for (const example of run.examples()) exampleContract.check(example)
})

test('a label gives an example the moment it is joined, and counts once more when its slate settles', () => {
  const run = new JoinRun()
  run.show(anImpression({ posts: ['post-1', 'post-2'] }))
  run.react(tagged({ postId: 'post-2', kind: 'view' }), aReaction({ kind: 'like', at: later(2 * MINUTE_MS) }))
  expect(run.early()).toMatchObject([
    { postId: 'post-2', phase: 'late', isEarly: true, labels: [{ label: 'view', at: later(MINUTE_MS) }] },
    { postId: 'post-1', phase: 'late', isEarly: true, labels: [{ label: 'like' }] },
  ])
  for (const example of run.early()) exampleContract.check(example)
  run.passTo(settled)
  expect(labelsOf(run)).toEqual([
    ['request-1', 'post-1', 'settled', 'like'],
    ['request-1', 'post-2', 'settled', 'view'],
  ])
  run.react(tagged({ kind: 'share', at: later(HOUR_MS) }))
  expect(run.early()).toHaveLength(2)
})

test('a label that its undo overtook is not told early', () => {
  const run = new JoinRun()
  run.show(anImpression())
  run.react(tagged({ undo: true, at: later(2 * MINUTE_MS) }), tagged())
  expect(run.early()).toEqual([])
})

test('an example has the same id whenever it is made, and no other example has it', () => {
  const ids = [1, 2].map(() => {
    const run = new JoinRun()
    run.show(anImpression({ posts: ['post-1', 'post-2'] }), anImpression({ requestId: 'request-2' }))
    run.react(tagged({ kind: 'save', at: later(HOUR_MS) }), tagged({ kind: 'share', at: later(HOUR_MS) }))
    return run.examples().map(({ exampleId }) => exampleId)
  })
  expect(ids[0]).toEqual(ids[1])
  expect(new Set(ids[0]).size).toBe(5)
})

test('a label at the very end of its window counts, and a millisecond later has expired', () => {
  for (const kind of REACTION_KINDS) {
    const run = new JoinRun()
    run.show(anImpression())
    run.react(tagged({ kind, at: later(LABEL_WINDOW_MS[kind]) }))
    run.react(tagged({ kind, at: later(LABEL_WINDOW_MS[kind] + 1) }))
    run.passTo(later(LONGEST_WINDOW_MS))
    expect(run.examples().flatMap(({ labels }) => labels)).toEqual([
      { label: kind, at: later(LABEL_WINDOW_MS[kind]), value: null },
    ])
    expect(run.count('expired')).toBe(1)
  }
})

test('a label of a long window becomes an example of its own once its slate has settled', () => {
  const run = new JoinRun()
  run.show(anImpression({ posts: ['post-1', 'post-2'] }))
  run.react(tagged({ kind: 'save' }))
  run.passTo(settled)
  run.react(tagged({ postId: 'post-2', kind: 'comment', at: later(2 * HOUR_MS) }))
  expect(labelsOf(run)).toEqual([
    ['request-1', 'post-1', 'settled', 'save'],
    ['request-1', 'post-2', 'settled'],
    ['request-1', 'post-2', 'late', 'comment'],
  ])
  expect(run.examples().at(-1)).toMatchObject({
    settledLabels: [],
    features: Buffer.from('request-1 post-2 1'),
  })
})

test('one that comes before its slate settles waits for it, for the watermark trails', () => {
  const run = new JoinRun()
  run.show(anImpression())
  const at = later(SETTLE_MS + 2 * MINUTE_MS)
  run.react(tagged({ kind: 'view' }), tagged({ kind: 'comment', at }))
  expect(labelsOf(run)).toEqual([])
  run.passTo(settled)
  expect(labelsOf(run)).toEqual([
    ['request-1', 'post-1', 'settled', 'view'],
    ['request-1', 'post-1', 'late', 'comment'],
  ])
  expect(run.examples().at(-1)!.labels).toEqual([{ label: 'comment', at, value: null }])
  expect(run.early()).toHaveLength(1)
})

test('its undo changes none, whether or not the slate has settled by then, unless it comes first', () => {
  const given = tagged({ kind: 'save', at: later(SETTLE_MS + MINUTE_MS) })
  const undone = tagged({ kind: 'save', undo: true, at: later(SETTLE_MS + 2 * MINUTE_MS) })
  const phasesOf = (events: readonly Reaction[], settlesAfter: number): string[] => {
    const run = new JoinRun()
    run.show(anImpression())
    run.react(...events.slice(0, settlesAfter))
    run.passTo(settled)
    run.react(...events.slice(settlesAfter))
    return labelsOf(run).map(([, , phase]) => phase)
  }
  for (const settlesAfter of [0, 1, 2]) {
    expect(phasesOf([given, undone], settlesAfter)).toEqual(['settled', 'late'])
    expect(phasesOf([undone, given], settlesAfter)).toEqual(['settled'])
  }
})

test('when the longest window is over nothing of the slate is left', () => {
  const run = new JoinRun()
  run.show(anImpression())
  run.react(tagged(), tagged({ kind: 'like', undo: true, at: later(HOUR_MS) }))
  run.passTo(later(LONGEST_WINDOW_MS))
  expect(run.pipeline.rows()).toHaveLength(3)
  run.passTo(later(LONGEST_WINDOW_MS + 1))
  expect(run.pipeline.rows()).toEqual([])
})

test('an undo takes its label back, even when it comes first', () => {
  for (const swap of [false, true]) {
    const run = new JoinRun()
    run.show(anImpression())
    const pair = [tagged({ kind: 'like' }), tagged({ kind: 'like', undo: true, at: later(2 * MINUTE_MS) })]
    run.react(...(swap ? pair.toReversed() : pair), tagged({ kind: 'view' }))
    run.passTo(settled)
    expect(labelsOf(run)).toEqual([['request-1', 'post-1', 'settled', 'view']])
  }
})

test('a label given again after an undo stays', () => {
  const run = new JoinRun()
  run.show(anImpression())
  run.react(tagged(), tagged({ undo: true, at: later(2 * MINUTE_MS) }), tagged({ at: later(3 * MINUTE_MS) }))
  run.passTo(settled)
  expect(labelsOf(run)).toEqual([['request-1', 'post-1', 'settled', 'like']])
})

test('an undo finds its label in whichever slate has it', () => {
  const run = new JoinRun()
  run.show(anImpression())
  run.react(tagged())
  run.show(anImpression({ requestId: 'request-2', at: later(2 * MINUTE_MS) }))
  run.react(aReaction({ undo: true, requestId: 'request-2', at: later(3 * MINUTE_MS) }))
  run.passTo(later(HOUR_MS))
  expect(labelsOf(run)).toEqual([
    ['request-1', 'post-1', 'settled'],
    ['request-2', 'post-1', 'settled'],
  ])
})

test('an undo that comes when examples are made is counted, and changes none', () => {
  const run = new JoinRun()
  run.show(anImpression())
  run.react(tagged({ kind: 'save' }), tagged({ kind: 'save', undo: true, at: later(HOUR_MS) }))
  expect(labelsOf(run)).toEqual([['request-1', 'post-1', 'settled', 'save']])
  expect(run.count('undo_late')).toBe(1)
})

test('a late label that its undo overtook is held back', () => {
  const run = new JoinRun()
  run.show(anImpression())
  run.react(
    tagged({ kind: 'save', undo: true, at: later(HOUR_MS + 2) }),
    tagged({ kind: 'save', at: later(HOUR_MS) }),
  )
  expect(labelsOf(run)).toEqual([['request-1', 'post-1', 'settled']])
})

test('without a request a reaction joins the newest slate that showed the post before it', () => {
  const run = new JoinRun()
  run.show(anImpression({ requestId: 'request-2', at: later(5 * MINUTE_MS), posts: ['post-2', 'post-1'] }))
  run.show(anImpression(), anImpression({ requestId: 'request-3', at: later(9 * MINUTE_MS) }))
  run.react(aReaction({ at: later(6 * MINUTE_MS) }))
  run.passTo(later(HOUR_MS))
  const joined = labelsOf(run).filter(([, , , label]) => label === 'like')
  expect(joined).toEqual([['request-2', 'post-1', 'settled', 'like']])
})

test('what matches no impression is counted, and leaves no row', () => {
  const run = new JoinRun()
  run.react(aReaction(), aReaction({ userId: null }))
  expect(run.count('unmatched')).toBe(1)
  expect(run.pipeline.rows()).toEqual([])
  run.show(anImpression())
  run.react(aReaction({ postId: 'other' }), tagged({ postId: 'other' }), aReaction({ userId: 'user-2' }))
  expect(run.count('unmatched')).toBe(4)
})

test('a reaction that names its request waits for an impression it overtook', () => {
  const run = new JoinRun()
  run.react(tagged(), tagged({ postId: 'other' }), tagged({ kind: 'view', undo: true }))
  run.show(anImpression())
  run.passTo(settled)
  expect(labelsOf(run)).toEqual([['request-1', 'post-1', 'settled', 'like']])
  expect(run.count('unmatched')).toBe(1)
})

test('it does not wait for ever', () => {
  const run = new JoinRun()
  run.react(tagged(), tagged({ undo: true }), tagged({ at: later(2 * MINUTE_MS), kind: 'save' }))
  run.passTo(later(MINUTE_MS + CLOCK_SKEW_MS + 1))
  expect(run.count('unmatched')).toBe(1)
  run.passTo(later(2 * MINUTE_MS + CLOCK_SKEW_MS + 1))
  expect(run.count('unmatched')).toBe(2)
  expect(run.pipeline.rows()).toEqual([])
  run.react(tagged())
  expect(run.count('unmatched')).toBe(3)
  expect(run.pipeline.rows()).toEqual([])
})

test("a phone's clock may run behind by five minutes, not more", () => {
  const run = new JoinRun()
  run.show(anImpression())
  run.react(tagged({ kind: 'view', at: later(-CLOCK_SKEW_MS) }), tagged({ at: later(-CLOCK_SKEW_MS - 1) }))
  run.passTo(settled)
  expect(labelsOf(run)).toEqual([['request-1', 'post-1', 'settled', 'view']])
  expect(run.count('unmatched')).toBe(1)
})

test('what comes later than the grace is kept where its window is longer, and counted where it is over', () => {
  const run = new JoinRun()
  run.show(anImpression())
  run.passTo(settled)
  run.react(tagged({ kind: 'like' }), tagged({ kind: 'share' }))
  expect(labelsOf(run)).toEqual([
    ['request-1', 'post-1', 'settled'],
    ['request-1', 'post-1', 'late', 'share'],
  ])
  expect(run.count('expired')).toBe(1)
})

test('an impression logged twice is one', () => {
  const run = new JoinRun()
  run.show(anImpression(), anImpression({ posts: ['other'] }))
  run.passTo(settled)
  expect(labelsOf(run)).toEqual([['request-1', 'post-1', 'settled']])
  expect(run.count('impression_repeated')).toBe(1)
})

test('a user has at most so many slates pending: the oldest gives way and is counted', () => {
  const run = new JoinRun()
  for (let index = 0; index <= PENDING_SLATES_MAX; index++) {
    run.show(anImpression({ requestId: `request-${index}`, at: later(index) }))
  }
  run.passTo(later(HOUR_MS))
  expect(run.count('dropped')).toBe(1)
  expect(labelsOf(run)).toHaveLength(PENDING_SLATES_MAX)
  expect(labelsOf(run).some(([request]) => request === 'request-0')).toBe(false)
})

test('a slate takes at most so many labels, and counts the rest', () => {
  const run = new JoinRun()
  run.show(anImpression({ posts: ['post-1', 'post-2', 'post-3', 'post-4', 'post-5'] }))
  for (let index = 0; index < SLATE_LABELS_MAX + 7; index++) {
    run.react(tagged({ postId: `post-${1 + (index % 5)}`, kind: 'click', at: later(index) }))
  }
  run.passTo(settled)
  expect(run.count('labels_dropped')).toBe(7)
  expect(run.examples().reduce((sum, { labels }) => sum + labels.length, 0)).toBe(SLATE_LABELS_MAX)
})

test('an erased user gives no examples, and their rows go', () => {
  const run = new JoinRun()
  run.show(anImpression(), anImpression({ userId: 'user-2' }))
  run.react(tagged())
  run.take(erasures, anErasure(later(10 * MINUTE_MS)), later(10 * MINUTE_MS))
  run.show(anImpression({ requestId: 'overtaken', at: later(9 * MINUTE_MS) }))
  run.react(aReaction({ at: later(9 * MINUTE_MS) }))
  run.passTo(later(HOUR_MS))
  expect(run.examples().map(({ userId }) => userId)).toEqual(['user-2'])
  run.passTo(later(10 * MINUTE_MS + ERASURE_MEMORY_MS))
  expect(run.pipeline.rows()).toEqual([])
})

test('slates of the largest size, with ids of any script, are joined', () => {
  const posts = Array.from({ length: 512 }, (_, index) => `пост-${index}`)
  const run = new JoinRun()
  run.show(anImpression({ posts }))
  run.react(...posts.map((post) => tagged({ postId: post, kind: 'view' })))
  run.passTo(settled)
  expect(labelsOf(run)).toEqual(posts.map((post) => ['request-1', postId(post), 'settled', 'view']))
  expect(run.examples()).toHaveLength(512)
})

test('a slate that is kept in the first form of its contract settles as plain floats', () => {
  const firstForm = contract({
    topic: 'impressions',
    about: 'The first version alone.',
    visibility: 'internal',
    ordinal: 8,
    keyAbout: 'userId',
    keyOf: ({ userId }) => userId,
    timeOf: ({ at }) => at,
    newest: { version: 1, record: impressionV1 },
  })
  const run = new JoinRun()
  const slate = anImpression()
  run.show(slate)
  const { rows } = run.pipeline.of('label-slates')
  const [key] = [...rows.keys()]
  rows.set(key!, Buffer.concat([Buffer.of(1), encode(firstForm, slate)]))
  run.passTo(settled)
  const { features } = slate.candidates[0]!
  expect(run.examples()).toMatchObject([{ features, featuresEncoding: 'float32', source: 'unknown' }])
})

describe('a survey', () => {
  const asked = (fields: Partial<Survey> = {}): Survey => ({
    eventId: 'survey-1' as EventId,
    userId: 'user-1' as UserId,
    postId: postId('post-2'),
    requestId: 'request-1' as RequestId,
    satisfaction: 4,
    at: later(MINUTE_MS),
    ...fields,
  })
  const answersOf = (...given: readonly Survey[]) => {
    const run = new JoinRun()
    run.show(anImpression({ posts: ['post-1', 'post-2'] }))
    for (const survey of given) run.take(surveys, survey, survey.at)
    return {
      run,
      answers: run.examples().map(({ postId: post, phase, labels, satisfaction }) => ({
        post,
        phase,
        labels,
        satisfaction,
      })),
    }
  }
  const example = (post: string, satisfaction = 4) => ({ post, phase: 'late', labels: [], satisfaction })

  test('gives an example of the post that it is about, or of each post of its feed, as it was served', () => {
    expect(answersOf(asked()).answers).toEqual([example('post-2')])
    expect(answersOf(asked({ postId: null, satisfaction: 1 })).answers).toEqual([
      example('post-1', 1),
      example('post-2', 1),
    ])
    const { run } = answersOf(asked(), asked({ satisfaction: 5, at: later(2 * MINUTE_MS) }))
    const made = run.examples()
    expect(new Set(made.map(({ exampleId }) => exampleId)).size).toBe(2)
    expect(
      made[0]!.features.equals(anImpression({ posts: ['post-1', 'post-2'] }).candidates[1]!.features),
    ).toBe(true)
  })

  test('of no known feed, or of a post that it did not show, is counted', () => {
    const { run, answers } = answersOf(
      asked({ requestId: 'other' as RequestId }),
      asked({ postId: postId('post-9') }),
      asked({ requestId: null }),
    )
    expect(answers).toEqual([])
    expect(run.pipeline.of('label-slates').counts.get('label_join.survey_unmatched')).toBe(2)
  })
})
