import { expect, test } from 'vitest'
import { openEnvelope, type Envelope } from '../../../schemas/envelope.ts'
import { HOUR_MS, MINUTE_MS } from '../../../schemas/ids.ts'
import type { ReactionKind } from '../../../schemas/reactions/index.ts'
import { T0 } from '../../processors/events.ts'
import { countExamples } from './examples.ts'
import { impressionOf } from './impressions.ts'

const feed = (requestId: string, ...posts: readonly string[]): Envelope =>
  impressionOf({
    requestId,
    userId: 'ann',
    at: T0,
    items: posts.map((postId, position) => ({ postId, authorId: 'bob', position })),
  })

let events = 0
const reaction = (kind: ReactionKind, at: number, more: object = {}): Envelope =>
  openEnvelope({
    topic: 'reactions',
    value: {
      eventId: `${events++}`,
      userId: 'ann',
      postId: 'p',
      authorId: 'bob',
      kind,
      at,
      requestId: 'r',
      ...more,
    },
  })

const named = (...parts: readonly (string | number)[]): string => parts.join('\0')
const FEEDS = [feed('r', 'p', 'q'), feed('s', 'q')]
const SETTLED = [named('settled', 'r', 'p'), named('settled', 'r', 'q'), named('settled', 's', 'q')]
const once = (...names: readonly string[]): Map<string, number> => new Map(names.map((name) => [name, 1]))

const RIGHT = {
  settledExamples: 3,
  settledLost: 0,
  settledDuplicated: 0,
  labelExamples: 0,
  labelsCertain: 0,
  labelsLost: 0,
  labelsUnfounded: 0,
  labelsDuplicated: 0,
}

test('every post of every feed has one example when that has settled; fewer are lost, and more are duplicates', () => {
  expect(countExamples(FEEDS, once(...SETTLED))).toEqual(RIGHT)
  const less = new Map([
    [SETTLED[0]!, 3],
    [SETTLED[1]!, 1],
  ])
  expect(countExamples(FEEDS, less)).toEqual({
    ...RIGHT,
    settledExamples: 2,
    settledLost: 1,
    settledDuplicated: 2,
  })
})

test('a lasting reaction that names its feed must have an example; others may', () => {
  const at = T0 + 10 * HOUR_MS
  const given = [
    ...FEEDS,
    reaction('comment', at),
    reaction('view', T0 + MINUTE_MS),
    reaction('share', at, { requestId: null }),
    // Of no feed, of another's feed, of a post that it did not show, too early, and too late to be certain.
    reaction('save', at, { requestId: 'unknown' }),
    reaction('save', at, { userId: 'eve' }),
    reaction('save', at, { postId: 'other' }),
    reaction('hide', T0 - 1),
    reaction('hide', T0 + 13 * HOUR_MS),
    // Taken back, before or after it.
    reaction('report', at, { postId: 'q' }),
    reaction('report', at - 1, { postId: 'q', undo: true }),
  ]
  const comment = named('label', 'r', 'p', 'comment', at)
  const view = named('label', 'r', 'p', 'view', T0 + MINUTE_MS)
  const share = named('label', 'r', 'p', 'share', at)
  expect(countExamples(given, once(...SETTLED))).toEqual({ ...RIGHT, labelsCertain: 1, labelsLost: 1 })
  const all = once(...SETTLED, comment, view, share)
  expect(countExamples(given, all)).toEqual({ ...RIGHT, labelsCertain: 1, labelExamples: 3 })
  expect(countExamples(given, all.set(view, 2))).toMatchObject({ labelExamples: 3, labelsDuplicated: 1 })
})

test('an example of a label that nobody gave, of a post that was not shown, or of no survey is unfounded', () => {
  const survey = openEnvelope({
    topic: 'surveys',
    value: { eventId: 'survey', userId: 'ann', requestId: 'r', postId: 'q', satisfaction: 4, at: T0 },
  })
  const given = [...FEEDS, survey, reaction('like', T0 + 1), reaction('like', T0 + 1, { postId: 'other' })]
  const founded = [named('label', 'r', 'p', 'like', T0 + 1), named('survey', 'r', 'q', 'id')]
  const unfounded = [
    named('label', 'r', 'p', 'like', T0 + 2),
    named('label', 'r', 'q', 'like', T0 + 1),
    named('label', 'r', 'other', 'like', T0 + 1),
    named('label', 'unknown', 'p', 'like', T0 + 1),
    named('survey', 'r', 'p', 'id'),
    named('survey', 's', 'q', 'id'),
  ]
  expect(countExamples(given, once(...SETTLED, ...founded, ...unfounded))).toEqual({
    ...RIGHT,
    labelExamples: 8,
    labelsUnfounded: 6,
  })
})
