import { describe, expect, test } from 'vitest'
import { KeyWriter } from '../../engine/key.ts'
import { daysActive, decayed, rate, total, windows } from '../../features/aggregates.ts'
import { Contributions } from '../../features/contributions.ts'
import { WEIGHT_MAX } from '../../features/counter.ts'
import { days, hours, minutes, seconds } from '../../features/durations.ts'
import { view } from '../../features/view.ts'
import { rowOf } from './oracle.ts'
import { touch, type Touch, touches, touchView } from './sample.ts'

const base = {
  name: 'by-user',
  version: 1,
  about: 'Tests.',
  source: touches,
  keySpace: 'user',
  key: (event: Touch, key: KeyWriter) => key.id(event.user ?? ''),
  timeToLive: days(1),
} as const

const sample = touchView()
const by = (event: Touch): Touch['kind'] => event.kind

describe('a declaration', () => {
  test('names its columns by view, series and aggregate, in the order declared', () => {
    const { columns } = view({
      ...base,
      series: { likes: {}, views: {} },
      aggregates: [
        windows(['views', 'likes'], [hours(24)]),
        total(['likes']),
        rate({ of: 'likes', per: 'views', halfLife: days(1), priorSuccesses: 1, priorTrials: 2 }),
      ],
    })
    expect(columns.map(({ name }) => name)).toEqual([
      'by_user.views.window_24h',
      'by_user.likes.window_24h',
      'by_user.likes.total',
      'by_user.likes_per_views.rate_1d',
    ])
  })

  test('has a hash that changes with its columns and with nothing else', () => {
    expect(touchView().columnsHash).toBe(sample.columnsHash)
    const one = view({ ...base, series: { likes: {} }, aggregates: [total(['likes'])] })
    const same = view({
      ...base,
      version: 2,
      about: 'New.',
      series: { likes: {} },
      aggregates: [total(['likes'])],
    })
    const other = view({ ...base, series: { likes: {} }, aggregates: [windows(['likes'], [hours(1)])] })
    expect(same.columnsHash).toBe(one.columnsHash)
    expect(other.columnsHash).not.toBe(one.columnsHash)
  })

  test('shares slots between aggregates that need the same tiles', () => {
    const { slots } = view({
      ...base,
      series: { likes: {} },
      aggregates: [
        windows(['likes'], [hours(24), days(7)]),
        daysActive(['likes'], days(30)),
        windows(['likes'], [days(14)]),
        decayed(['likes'], [hours(1)]),
        rate({ of: 'likes', per: 'likes', halfLife: hours(1), priorSuccesses: 0, priorTrials: 1 }),
      ],
    })
    expect(slots.map(({ kind, tileMs, horizonMs }) => [kind, tileMs, horizonMs])).toEqual([
      ['tiles', hours(1).ms, days(7).ms],
      ['tiles', days(1).ms, days(30).ms],
      ['epochs', hours(8).ms, hours(16).ms],
    ])
  })

  test.each([
    ['name', { name: 'By User' }],
    ['version', { version: 0 }],
    ['version', { version: 256 }],
    ['series "Likes"', { series: { Likes: {} } }],
    ['series "constructor"', { aggregates: [total(['constructor'])] }],
    ['windows of likes has a window of 7min', { aggregates: [windows(['likes'], [minutes(7)])] }],
    ['windows of likes has a window of 300h', { aggregates: [windows(['likes'], [hours(300)])] }],
    ['decayed of likes has a half-life of 30s', { aggregates: [decayed(['likes'], [seconds(30)])] }],
    ['daysActive of likes needs a window in days', { aggregates: [daysActive(['likes'], hours(24))] }],
    [
      'total of likes reaches back less than 60000 ms',
      { aggregates: [total(['likes'], { within: seconds(59) })] },
    ],
    ['aggregates', { aggregates: [] }],
    ['erasedBy', { keySpace: 'author', erasedBy: { topic: touches, rememberedMs: 1 } }],
    ['erasedBy', { erasedBy: { topic: { ...touches, keySpace: 'author' }, rememberedMs: 1 } }],
    ['two columns', { aggregates: [total(['likes']), total(['likes'])] }],
    [
      'priorTrials',
      {
        aggregates: [
          rate({ of: 'likes', per: 'likes', window: hours(1), priorSuccesses: 0, priorTrials: 0 }),
        ],
      },
    ],
    [
      'priorSuccesses',
      {
        aggregates: [
          rate({ of: 'likes', per: 'likes', window: hours(1), priorSuccesses: NaN, priorTrials: 1 }),
        ],
      },
    ],
  ])('is refused for its %s', (fault, changes) => {
    const declared = { ...base, series: { likes: {} }, aggregates: [total(['likes'])], ...changes }
    expect(() => view(declared as never)).toThrow(/TOPOLOGY_INVALID/)
    expect(() => view(declared as never)).toThrow(fault)
  })

  test('does not compile with a tag or a series that is not there', () => {
    // @ts-expect-error a tag that no event has
    view({ ...base, by, series: { likes: { of: ['liked'] } }, aggregates: [total(['likes'])] })
    // @ts-expect-error a series that is not declared
    expect(() => view({ ...base, by, series: { likes: {} }, aggregates: [total(['loves'])] })).toThrow(
      'loves',
    )
  })
})

describe('counting', () => {
  const added = new Contributions()

  test('sorts events into series by their tag, and those without tags take all', () => {
    const all = view({
      ...base,
      by,
      series: { likes: { of: ['like'] }, all: {} },
      aggregates: [total(['likes', 'all'])],
    })
    const row = rowOf(all, [touch({ kind: 'like' }), touch({ kind: 'profile' }), touch({ kind: 'view' })])
    expect(all.describe(row, touch().at)).toEqual({ 'by_user.likes.total': 1, 'by_user.all.total': 3 })
  })

  test('a tag with the name of a built-in property is a tag like any other', () => {
    for (const kind of ['__proto__', 'constructor', 'toString']) {
      expect(sample.count(touch({ kind: kind as 'like' }), added)).toBe(false)
    }
  })

  test('the key is written only for events that count', () => {
    const key = new KeyWriter()
    expect(sample.key(touch({ kind: 'profile' }), key)).toBe(false)
    expect(sample.key(touch({ user: null }), key)).toBe(false)
    expect(sample.key(touch(), key)).toBe(true)
    expect(key.view().toString()).toBe('ann\0bob')
  })

  test.each([NaN, Infinity, -1, 1.5, 2 ** 43, 1e300])('an event time of %s is refused by name', (at) => {
    expect(() => sample.count(touch({ at }), added)).toThrow(
      /CONTRACT_BROKEN: view "user-author".*event time/,
    )
  })

  test.each([NaN, Infinity, -Infinity, WEIGHT_MAX + 1, -WEIGHT_MAX - 1, 1e300])(
    'a weight of %s is refused by name',
    (ms) => {
      const event = touch({ kind: 'dwell', ms })
      expect(() => sample.count(event, added)).toThrow(/CONTRACT_BROKEN: view "user-author".*series "dwell"/)
    },
  )

  test('the ends of time and of weight are counted', () => {
    for (const at of [0, 2 ** 43 - 1]) {
      const row = rowOf(sample, [touch({ at, kind: 'dwell', ms: WEIGHT_MAX }), touch({ at })])
      const columns = sample.describe(row, at)
      expect(columns['user_author.dwell.total']).toBe(WEIGHT_MAX)
      expect(columns['user_author.engagements.window_1h']).toBe(1)
      expect(columns['user_author.engagements.decayed_30d']).toBeCloseTo(1, 4)
    }
  })

  test('a weight with a fraction is rounded', () => {
    const row = rowOf(sample, [touch({ kind: 'dwell', ms: 0.4 }), touch({ kind: 'dwell', ms: 1.6 })])
    expect(sample.describe(row, touch().at)['user_author.dwell.total']).toBe(2)
  })
})
