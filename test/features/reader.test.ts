import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { total } from '../../features/aggregates.ts'
import { FRACTION_BITS } from '../../features/counter.ts'
import { days } from '../../features/durations.ts'
import { view as declare } from '../../features/view.ts'
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../schemas/ids.ts'
import {
  addsNothing,
  countedOf,
  daysActiveOf,
  decayedOf,
  newestOf,
  NOW,
  rowOf,
  sinceLastOf,
  touchLists,
  windowOf,
} from './oracle.ts'
import { type Touch, touch, touches, touchView } from './sample.ts'

const view = touchView()
const HALF_LIVES = { '30min': 30 * MINUTE_MS, '1d': DAY_MS, '30d': 30 * DAY_MS }
const WINDOWS = { '1h': HOUR_MS, '24h': DAY_MS, '7d': 7 * DAY_MS, '30d': 30 * DAY_MS }
const ENGAGED = { finestMs: 5 * MINUTE_MS, withinMs: 90 * DAY_MS }
const LIKED = { finestMs: HOUR_MS, withinMs: 20 * DAY_MS }

/** Columns as of a time at which the row has not expired, beside the events that count in the view. */
const read = (events: readonly Touch[], asOf: number) => ({
  columns: view.describe(rowOf(view, events), asOf),
  newest: newestOf(events.filter((each) => !addsNothing(each))),
})

const laterBy = fc.oneof(
  fc.integer({ min: 0, max: 2 * HOUR_MS }),
  fc.integer({ min: 0, max: 40 * DAY_MS }),
  fc.constantFrom(0, HOUR_MS, DAY_MS),
)

const checked = (check: (events: readonly Touch[], asOf: number) => void): void => {
  fc.assert(
    fc.property(touchLists, laterBy, (events, later) => check(events, NOW + later)),
    { numRuns: 300 },
  )
}

/** Sums below 0 read as 0. */
const notBelow0 = (sum: number): number => Math.max(0, sum)

/** The row's clock starts with its newest event: these tests pin it to NOW. */
const pinned = (events: readonly Touch[]): Touch[] => [...events, touch({ kind: 'view', at: NOW })]

const expectDecayed = (events: readonly Touch[], asOf: number): void => {
  const { columns } = read(pinned(events), asOf)
  for (const [series, bits] of Object.entries({
    engagements: FRACTION_BITS.events,
    dwell: FRACTION_BITS.ms,
  })) {
    for (const [name, ms] of Object.entries(HALF_LIVES)) {
      const { sum, errorMax } = decayedOf(countedOf(events, series), ms, bits, NOW, asOf)
      const value = columns[`user_author.${series}.decayed_${name}`]!
      // A float32 is exact to 2^-24 of its value; the oracle's own doubles are far below that.
      expect(Math.abs(value - notBelow0(sum))).toBeLessThanOrEqual(
        errorMax + Math.abs(sum) * 2 ** -23 + 1e-30,
      )
    }
  }
}

describe('read as of its newest event or later', () => {
  test('windows are the sums of all events in their tiles', () => {
    checked((events, asOf) => {
      const { columns } = read(pinned(events), asOf)
      for (const series of ['engagements', 'dwell']) {
        for (const [name, ms] of Object.entries(WINDOWS)) {
          expect(columns[`user_author.${series}.window_${name}`]).toBe(
            notBelow0(windowOf(countedOf(events, series), ms, asOf)),
          )
        }
      }
    })
  })

  test('totals are the sums of all events', () => {
    checked((events, asOf) => {
      const { columns } = read(pinned(events), asOf)
      for (const series of ['likes', 'dwell']) {
        const sum = countedOf(events, series).reduce((sum, { weight }) => sum + weight, 0)
        expect(columns[`user_author.${series}.total`]).toBe(Math.fround(notBelow0(sum)))
      }
    })
  })

  test('decayed sums are those of floats, within the error stated', () => {
    checked((events, asOf) => expectDecayed(events, asOf))
  })

  test('last-seen times are exact to their tile', () => {
    checked((events, asOf) => {
      const { columns } = read(pinned(events), asOf)
      const engagements = sinceLastOf(countedOf(events, 'engagements'), ENGAGED, NOW, asOf)
      const likes = sinceLastOf(countedOf(events, 'likes'), LIKED, NOW, asOf)
      expect(columns['user_author.engagements.since_last_ms']).toBe(Math.fround(engagements))
      expect(columns['user_author.likes.since_last_ms']).toBe(Math.fround(likes))
    })
  })

  test('days active are the days with a positive sum', () => {
    checked((events, asOf) => {
      const { columns } = read(pinned(events), asOf)
      const expected = daysActiveOf(countedOf(events, 'engagements'), 30, asOf)
      expect(columns['user_author.engagements.days_active_30d']).toBe(expected)
    })
  })

  test('rates are ratios smoothed by their prior, and never below 0', () => {
    checked((events, asOf) => {
      const { columns } = read(pinned(events), asOf)
      const likes = notBelow0(windowOf(countedOf(events, 'likes'), DAY_MS, asOf))
      const views = notBelow0(windowOf(countedOf(pinned(events), 'views'), DAY_MS, asOf))
      expect(columns['user_author.likes_per_views.rate_24h']).toBe(Math.fround(likes / (views + 0.5)))
      expect(columns['user_author.likes_per_views.rate_7min']).toBeGreaterThanOrEqual(0)
    })
  })
})

describe('read as of a time before its newest event', () => {
  const asOfs = fc.oneof(fc.nat(2 * HOUR_MS), fc.nat(40 * DAY_MS)).map((age) => NOW - age)

  test('tiles after that time do not count; of those before it, what the row still keeps does', () => {
    fc.assert(
      fc.property(touchLists, asOfs, (events, asOf) => {
        const { columns } = read(pinned(events), asOf)
        const dayWindow = countedOf(events, 'engagements').filter(
          ({ at }) => (Math.floor(at / DAY_MS) + 1) * DAY_MS + 90 * DAY_MS > NOW,
        )
        expect(columns['user_author.engagements.window_30d']).toBe(
          notBelow0(windowOf(dayWindow, 30 * DAY_MS, asOf)),
        )
        const since = sinceLastOf(countedOf(events, 'engagements'), ENGAGED, NOW, asOf)
        expect(columns['user_author.engagements.since_last_ms']).toBe(Math.fround(since))
      }),
    )
  })

  test('decayed sums are those of floats, each epoch as of its newest event at the earliest', () => {
    fc.assert(fc.property(touchLists, asOfs, (events, asOf) => expectDecayed(events, asOf)))
  })

  test('no event counts more than its weight in a decayed sum', () => {
    fc.assert(
      fc.property(touchLists, asOfs, (events, asOf) => {
        const added = events.map((each) => ({ ...each, undo: false }))
        const { columns } = read(pinned(added), asOf)
        const most = countedOf(added, 'engagements').length
        for (const name of Object.keys(HALF_LIVES)) {
          expect(columns[`user_author.engagements.decayed_${name}`]).toBeLessThanOrEqual(
            most * (1 + 2 ** -17),
          )
        }
      }),
    )
  })
})

test('totals within a time are the sums of events from the tile before the newest on', () => {
  const within = declare({
    name: 'within',
    version: 1,
    about: 'Tests.',
    source: touches,
    keySpace: 'user',
    key: (event, key) => key.id(event.author),
    sign: (event) => (event.undo ? -1 : 1),
    series: { all: {} },
    aggregates: [total(['all'], { within: days(90) })],
    timeToLive: days(90),
  })
  fc.assert(
    fc.property(touchLists, (events) => {
      const tileOf = ({ at }: Touch): number => Math.floor(at / (90 * DAY_MS))
      const all = pinned(events)
      const oldest = tileOf(touch({ at: NOW })) - 1
      const counted = all.filter((each) => tileOf(each) >= oldest)
      const sum = counted.reduce((sum, { undo }) => sum + (undo ? -1 : 1), 0)
      expect(within.describe(rowOf(within, all), NOW)['within.all.total']).toBe(notBelow0(sum))
    }),
  )
})

test('a key never seen reads as zeros, never and priors', () => {
  const columns = view.describe(Buffer.alloc(0), NOW)
  for (const [name, value] of Object.entries(columns)) {
    const expected = name.includes('since_last') ? -1 : name.endsWith('rate_7min') ? Math.fround(1 / 20) : 0
    expect(value, name).toBe(expected)
  }
})

test('a row reads as never seen once its newest event is older than its time to live', () => {
  const row = rowOf(view, [touch({ at: NOW })])
  expect(view.describe(row, NOW + 90 * DAY_MS)['user_author.likes.total']).toBe(1)
  expect(view.describe(row, NOW + 90 * DAY_MS + 1)).toEqual(
    view.describe(Buffer.alloc(0), NOW + 90 * DAY_MS + 1),
  )
})

test('columns are written at their offset and nowhere else', () => {
  const row = rowOf(view, [touch({ at: NOW })])
  const padded = Buffer.concat([Buffer.from([9, 9]), row, Buffer.from([9])])
  const width = view.columns.length
  const into = new Float32Array(width + 4).fill(7)
  view.read(padded, 2, padded.length - 1, NOW, into, 2)
  expect([into[0], into[1], into[width + 2], into[width + 3]]).toEqual([7, 7, 7, 7])
  expect([...into.subarray(2, width + 2)]).toEqual(Object.values(view.describe(row, NOW)))
})

test.each([NaN, -1])('reading as of %s is refused', (asOf) => {
  expect(() => view.describe(Buffer.alloc(0), asOf)).toThrow(/as of milliseconds from 0/)
})
