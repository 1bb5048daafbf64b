import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Foretold, POST_AGE_MIN_MS } from '../../../cli/evaluate/foretold.ts'
import { openEnvelope } from '../../../schemas/envelope.ts'
import { MINUTE_MS, millis } from '../../../schemas/ids.ts'
import { event, post, type PublishedEvent, reaction } from '../community.ts'

const T0 = Date.UTC(2026, 0, 1)
const at = (minutes: number): { readonly at: number } => ({ at: T0 + minutes * MINUTE_MS })
const FROM = 120
const SPAN = {
  learnFrom: millis(at(FROM).at),
  from: millis(at(FROM).at),
  to: millis(Infinity),
}

const erases = (user: string, minutes: number): PublishedEvent =>
  event('erasures', { userId: user, ...at(minutes) })

const lookedAhead = (events: readonly PublishedEvent[], span = SPAN): Foretold => {
  const foretold = new Foretold(span)
  for (const [place, each] of events.entries()) foretold.take(openEnvelope(each), place)
  return foretold
}

/** Places of touch and interaction, in the order of the interactions. */
const foretoldIn = (events: readonly PublishedEvent[]): (readonly [number, number])[] => [
  ...lookedAhead(events).places,
]

const reacts = (
  user: string | null,
  id: string,
  kind: string,
  minutes: number,
  fields = {},
): PublishedEvent => reaction(user, id, 'bea', kind, { ...at(minutes), ...fields })

describe('what is foretold', () => {
  test('is an interaction, from the first touch of its post on', () => {
    const events = [
      post('one', 'bea', at(0)),
      post('two', 'bea', at(1)),
      reacts('ada', 'one', 'view', 200),
      reacts('ada', 'two', 'like', 201),
      reacts('ada', 'one', 'dwell', 202, { value: 9_000 }),
      reacts('ada', 'one', 'save', 203),
      reacts('ada', 'one', 'share', 204),
    ]
    expect(foretoldIn(events)).toEqual([
      [3, 3],
      [2, 5],
    ])
  })

  test('is nothing that was touched before the span or while the post was young, nor by nobody or its author', () => {
    const events = [
      post('old', 'bea', at(0)),
      reacts('ada', 'old', 'view', FROM - 1),
      reacts('ada', 'old', 'like', 200),
      post('young', 'bea', at(210)),
      reacts('ada', 'young', 'view', 211),
      reacts('ada', 'young', 'like', 400),
      reacts(null, 'young', 'like', 401),
      reacts('bea', 'young', 'like', 402),
      reacts('cem', 'young', 'view', 403),
      reacts('dan', 'young', 'like', 404, { undo: true }),
    ]
    expect(foretoldIn(events)).toEqual([])
  })

  test('and what was touched too early for that is counted by why, once, where an interaction follows in the span', () => {
    const events = [
      post('old', 'bea', at(0)),
      reacts('ada', 'old', 'view', FROM - 1),
      reacts('cem', 'old', 'like', FROM - 1),
      reacts('dan', 'old', 'view', FROM - 1),
      reacts('ada', 'old', 'like', 200),
      reacts('ada', 'old', 'save', 201),
      reacts('cem', 'old', 'save', 202),
      post('young', 'bea', at(210)),
      reacts('ada', 'young', 'view', 211),
      reacts('bea', 'young', 'view', 211),
      reacts('cem', 'young', 'view', 211),
      reacts('dan', 'young', 'like', 212),
      reacts('cem', 'young', 'like', 213),
      reacts('ada', 'young', 'share', 400),
      reacts('bea', 'young', 'like', 401),
      reacts('dan', 'young', 'save', 402),
    ]
    expect(lookedAhead(events).skipped).toEqual({ touched_before_span: 1, touched_when_young: 1 })
    const learning = { ...SPAN, learnFrom: millis(at(0).at) }
    expect(lookedAhead(events, learning).skipped).toEqual({ touched_before_span: 1, touched_when_young: 1 })
    const erased = [...events.slice(0, 4), erases('ada', FROM), ...events.slice(4)]
    expect(lookedAhead(erased).skipped).toEqual({ touched_before_span: 0, touched_when_young: 1 })
  })

  test('is nothing that a touch from before an erasure would lead to', () => {
    const events = [
      post('one', 'bea', at(0)),
      reacts('ada', 'one', 'view', 200),
      erases('ada', 201),
      post('one', 'bea', { ...at(202), action: 'deleted' }),
      reacts('ada', 'one', 'like', 203),
    ]
    expect(foretoldIn(events)).toEqual([])
  })
})

const KINDS = ['view', 'hide', 'like', 'click', 'undone'] as const
type Kind = (typeof KINDS)[number]
type Step = readonly [user: 'ada' | 'cem', kind: Kind | 'erased']

const isPositive = (kind: Kind | 'erased'): boolean => kind === 'like' || kind === 'click'

/** Looks back and on from each step, for a post that is old enough from `FROM` on. */
const oracle = (steps: readonly Step[]): (readonly [number, number])[] => {
  const found: (readonly [number, number])[] = []
  for (const [place, [user]] of steps.entries()) {
    if (place < FROM_STEP) continue
    const mine = [...steps.entries()].filter(([, step]) => step[0] === user)
    const before = mine.filter(([other]) => other < place)
    const erased = before.findLastIndex(([, step]) => step[1] === 'erased')
    if (erased < before.length - 1) continue
    const after = mine.filter(([other]) => other >= place)
    const end = after.findIndex(([, step]) => step[1] === 'erased')
    const interaction = after.slice(0, end === -1 ? undefined : end).find(([, step]) => isPositive(step[1]))
    if (interaction !== undefined) found.push([place, interaction[0]])
  }
  return found.toSorted((one, other) => one[1] - other[1])
}

/** Steps before the span. */
const FROM_STEP = 3

test('is what a search back and forth finds', () => {
  const step = fc.tuple(fc.constantFrom('ada', 'cem'), fc.constantFrom(...KINDS, 'erased'))
  fc.assert(
    fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
      const first = FROM - FROM_STEP
      const events = steps.map(([user, kind], index) => {
        if (kind === 'erased') return erases(user, first + index)
        const undone = kind === 'undone'
        return reacts(user, 'one', undone ? 'like' : kind, first + index, { undo: undone })
      })
      const published = post('one', 'bea', { at: at(first).at - POST_AGE_MIN_MS })
      const found = foretoldIn([published, ...events]).map(([touch, place]) => [touch - 1, place - 1])
      expect(found).toEqual(oracle(steps))
    }),
  )
})
