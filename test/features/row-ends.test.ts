import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { KeyWriter } from '../../engine/key.ts'
import { total } from '../../features/aggregates.ts'
import { days, type Duration, minutes } from '../../features/durations.ts'
import { layoutOf } from '../../features/layout.ts'
import { view as declare, type View } from '../../features/view.ts'
import { DAY_MS, HOUR_MS } from '../../schemas/ids.ts'
import { views } from '../../topologies/index.ts'
import { rowOf } from './oracle.ts'
import { everyAggregate, series, type Touch, touch, touches, touchView } from './sample.ts'

const NOW = 1_700_000_123_456

const endingView = (timeToLive: Duration, halfLives: readonly Duration[]): View<Touch> =>
  declare({
    name: 'ends',
    version: 2,
    about: 'Every aggregate there is, and none over all time.',
    source: touches,
    keySpace: 'user',
    key: (event, key) => key.id(event.author),
    sign: (event) => (event.undo ? -1 : 1),
    by: (event) => event.kind,
    series,
    aggregates: everyAggregate({ within: timeToLive }, halfLives),
    timeToLive,
  })

const sample = [
  endingView(days(20), [minutes(30), days(1)]),
  endingView(days(90), [days(1), days(30)]),
  endingView(days(3), [minutes(7)]),
] as const

const touchAt = (at: fc.Arbitrary<number>): fc.Arbitrary<Touch> =>
  fc
    .record({
      kind: fc.constantFrom('like', 'comment', 'view', 'dwell'),
      undo: fc.boolean(),
      ms: fc.integer({ min: 1, max: 90_000 }),
      at,
    })
    .map((each) => touch(each as Touch))

/** Some have ended by NOW and some have not. */
const past = fc
  .oneof(fc.nat(100 * DAY_MS), fc.nat(900 * DAY_MS))
  .chain((leastAge) =>
    fc.array(
      touchAt(fc.oneof(fc.nat(10 * DAY_MS), fc.nat(900 * DAY_MS)).map((older) => NOW - leastAge - older)),
      { minLength: 1, maxLength: 12 },
    ),
  )
/** What may still come once rows that have ended by NOW are gone. */
const coming = fc.array(
  touchAt(fc.oneof(fc.nat(2 * HOUR_MS), fc.nat(40 * DAY_MS)).map((later) => NOW + later)),
  { maxLength: 12 },
)
const asOfs = fc.oneof(fc.nat(2 * DAY_MS), fc.nat(200 * DAY_MS)).map((later) => NOW + later)

/** Taking back is counted at the time of what is taken back. */
const undoOf = (event: Touch): Touch => ({ ...event, undo: !event.undo })

const hasEnded = (view: View<Touch>, row: Buffer, at: number): boolean =>
  view.ends!.hasEnded(row, 0, row.length, at)

describe.each(sample.map((view) => [view.timeToLiveMs / DAY_MS, view] as const))(
  'rows that live for %d days',
  (_, view) => {
    test('once ended are as good as none, whatever is counted or undone from then on, in any order', () => {
      let ended = 0
      fc.assert(
        fc.property(
          past.chain((old) => fc.tuple(fc.constant(old), fc.subarray([...old]))),
          coming.chain((list) => fc.tuple(fc.constant(list), fc.subarray([...list]))),
          fc.array(fc.nat(), { minLength: 40, maxLength: 40 }),
          asOfs,
          ([old, takenBack], [list, undone], order, asOf) => {
            const row = rowOf(view, old)
            if (!hasEnded(view, row, NOW)) return
            ended++
            const after = [...list, ...undone.map(undoOf), ...takenBack.map(undoOf)]
            const mixed = after
              .map((event, at) => ({ event, place: order[at]! }))
              .toSorted((one, other) => one.place - other.place)
              .map(({ event }) => event)
            const kept = rowOf(view, mixed, row)
            const dropped = rowOf(view, mixed)
            expect(view.describe(dropped, asOf)).toEqual(view.describe(kept, asOf))
            if (list.length > 0) expect(dropped.equals(kept)).toBe(true)
          },
        ),
        { numRuns: 1_000 },
      )
      expect(ended).toBeGreaterThan(100)
    })

    test('end as soon as that holds, and never before', () => {
      fc.assert(
        fc.property(past, (old) => {
          const row = rowOf(view, old)
          const newest = view.newest(row, 0, row.length)
          /** The next event would be all there is, and until then nothing can be read. */
          const isGone = (at: number): boolean =>
            at > newest + view.timeToLiveMs &&
            rowOf(view, [touch({ kind: 'view', at })], row).equals(rowOf(view, [touch({ kind: 'view', at })]))
          let from = newest
          let until = newest + 4_000 * DAY_MS
          expect(hasEnded(view, row, until)).toBe(true)
          while (until - from > 1) {
            const middle = Math.floor((from + until) / 2)
            if (hasEnded(view, row, middle)) until = middle
            else from = middle
          }
          expect([isGone(from), isGone(until)]).toEqual([false, true])
        }),
        { numRuns: 200 },
      )
    })
  },
)

test('of a view with a total over all time never end', () => {
  expect(touchView().ends).toBeUndefined()
  expect(layoutOf(touchView())).not.toHaveProperty('hasEnded')
})

describe('rows as they are stored', () => {
  const [view] = sample
  const layout = layoutOf(view)
  const stored = (version: number, row: Buffer): Buffer => Buffer.concat([Buffer.from([9, version]), row])
  const end = (row: Buffer, at: number): boolean => layout.hasEnded!(row, 1, row.length, at)
  const row = rowOf(view, [touch({ at: NOW })])

  test('of older versions end with their time to live, for they read as empty', () => {
    expect(end(stored(1, row), NOW + view.timeToLiveMs)).toBe(false)
    expect(end(stored(1, row), NOW + view.timeToLiveMs + 1)).toBe(true)
    expect(end(stored(2, row), NOW + view.timeToLiveMs + 1)).toBe(false)
    expect(end(stored(2, row), NOW + 3 * view.timeToLiveMs)).toBe(true)
  })

  test('of versions to come never end, nor what remembers an erasure', () => {
    expect(end(stored(3, row), NOW + 1_000 * DAY_MS)).toBe(false)
    const erased = Buffer.concat([row.subarray(0, 6), Buffer.alloc(1), row.subarray(0, 6)])
    for (const version of [1, 2]) expect(end(stored(version, erased), NOW + 1_000 * DAY_MS)).toBe(false)
  })

  test('that were written when a total was over all time read as if all of it were as new as the newest', () => {
    const declared = {
      name: 'before',
      version: 2,
      about: 'Tests.',
      source: touches,
      keySpace: 'user',
      key: (event: Touch, key: KeyWriter) => key.id(event.author),
      series: { all: {} },
      timeToLive: days(90),
    } as const
    const before = declare({ ...declared, aggregates: [total(['all'])] })
    const after = declare({ ...declared, aggregates: [total(['all'], { within: days(90) })] })
    const old = rowOf(before, [touch({ at: NOW - 800 * DAY_MS }), touch({ at: NOW })])
    expect(after.describe(old, NOW)).toEqual({ 'before.all.total': 2 })
    const later = rowOf(after, [touch({ at: NOW + 60 * DAY_MS })], old)
    expect(after.describe(later, NOW + 60 * DAY_MS)).toEqual({ 'before.all.total': 3 })
    expect(rowOf(after, [touch({ at: NOW })]).equals(rowOf(before, [touch({ at: NOW })]))).toBe(true)
  })
})

test('rows of pairs end; those of one post, author, hashtag or person keep totals over all time', () => {
  const ending = [...views.values()].filter((each) => each.ends !== undefined).map(({ name }) => name)
  expect(ending.toSorted()).toEqual([
    'author-by-day',
    'post-country',
    'user-author',
    'user-container',
    'user-hashtag',
  ])
})
