import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { backfill } from '../../../features/backfill.ts'
import { FRACTION_BITS } from '../../../features/counter.ts'
import type { View } from '../../../features/view.ts'
import type { JoinedReaction } from '../../../processors/post-join.ts'
import { author } from '../../../processors/views/author.ts'
import { authorByDay } from '../../../processors/views/author-by-day.ts'
import { hashtag } from '../../../processors/views/hashtag.ts'
import type { TaggedReaction } from '../../../processors/views/joined-reactions.ts'
import { post } from '../../../processors/views/post.ts'
import { postCountry } from '../../../processors/views/post-country.ts'
import { user } from '../../../processors/views/user.ts'
import { userAuthor } from '../../../processors/views/user-author.ts'
import { userHashtag } from '../../../processors/views/user-hashtag.ts'
import { userKind } from '../../../processors/views/user-kind.ts'
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../schemas/ids.ts'
import { REACTION_KINDS, UNDOABLE_KINDS } from '../../../schemas/reactions/index.ts'
import { views } from '../../../topologies/index.ts'
import { type Counted, daysActiveOf, decayedOf, sinceLastOf, windowOf } from '../../features/oracle.ts'
import { aJoinedReaction, later, T0 } from '../events.ts'

const POSITIVE = 'click like comment share save profile_click follow_author connect_request'
const NEGATIVE = 'hide see_less report block_author'
const BASE = { views: 'view', engagements: POSITIVE, negatives: NEGATIVE }
const LOOKED = { looked: 'dwell watch' }

interface Told {
  readonly view: View<never>
  /** Kinds of each series, in words: what is said here must not follow from the declaration. */
  readonly series: Readonly<Record<string, string>>
  /** `SERIES.AGGREGATE`, in the order of the columns. */
  readonly columns: string
  /** Of `since_last_ms`. */
  readonly finestMs?: number
  /** Successes and trials that each rate begins with. */
  readonly priors?: Readonly<Record<string, readonly [number, number]>>
  readonly timeToLiveDays: number
  /** Null where the view does not count the reaction. */
  readonly key: (reaction: JoinedReaction) => readonly string[] | null
}

const tables: readonly Told[] = [
  {
    view: userAuthor as View<never>,
    series: {
      ...BASE,
      ...LOOKED,
      likes: 'like',
      comments: 'comment',
      shares: 'share save',
      skips: 'skip',
    },
    columns: `engagements.decayed_30min engagements.decayed_1d engagements.decayed_30d negatives.decayed_72h
      negatives.decayed_14d negatives.decayed_140d views.decayed_30d looked.decayed_30d engagements.window_1h
      engagements.window_24h engagements.window_7d engagements.window_30d views.total engagements.total likes.total
      comments.total shares.total looked.total negatives.total skips.total engagements.since_last_ms
      engagements.days_active_30d engagements_per_views.rate_30d`,
    finestMs: HOUR_MS,
    priors: { engagements_per_views: [1, 20] },
    timeToLiveDays: 420,
    key: ({ userId, authorId }) => (userId === null ? null : [userId, authorId]),
  },
  {
    view: userKind as View<never>,
    series: BASE,
    columns: `views.decayed_1d views.decayed_30d engagements.decayed_1d engagements.decayed_30d negatives.decayed_30d
      views.total engagements.total negatives.total engagements_per_views.rate_30d`,
    priors: { engagements_per_views: [1, 20] },
    timeToLiveDays: 420,
    key: ({ userId, contentKind }) => (userId === null ? null : [userId, contentKind]),
  },
  {
    view: userHashtag as View<never>,
    series: BASE,
    columns: `engagements.decayed_1d engagements.decayed_30d views.decayed_30d negatives.decayed_30d views.total
      engagements.total negatives.total engagements.since_last_ms`,
    finestMs: DAY_MS,
    timeToLiveDays: 180,
    key: ({ userId, hashtags }) => (userId === null ? null : [userId, hashtags[0]!]),
  },
  {
    view: user as View<never>,
    series: { ...BASE, ...LOOKED },
    columns: `views.decayed_1d views.decayed_30d engagements.decayed_1d engagements.decayed_30d looked.decayed_30d
      negatives.decayed_30d views.total engagements.total looked.total negatives.total engagements.since_last_ms
      engagements.days_active_30d`,
    finestMs: DAY_MS,
    timeToLiveDays: 420,
    key: ({ userId }) => (userId === null ? null : [userId]),
  },
  {
    view: post as View<never>,
    series: {
      ...BASE,
      ...LOOKED,
      clicks: 'click',
      likes: 'like',
      comments: 'comment',
      shares: 'share',
      saves: 'save',
      skips: 'skip',
    },
    columns: `views.decayed_30min views.decayed_24h engagements.decayed_30min engagements.decayed_24h
      engagements.decayed_3d negatives.decayed_24h engagements.window_1h engagements.window_24h views.total
      engagements.total clicks.total likes.total comments.total shares.total saves.total looked.total negatives.total
      skips.total engagements_per_views.rate_24h negatives_per_views.rate_24h`,
    priors: { engagements_per_views: [1, 20], negatives_per_views: [0.1, 100] },
    timeToLiveDays: 420,
    key: ({ postId }) => [postId],
  },
  {
    view: author as View<never>,
    series: { ...BASE, follows: 'follow_author connect_request' },
    columns: `views.decayed_30min views.decayed_24h engagements.decayed_30min engagements.decayed_24h
      negatives.decayed_24h engagements.window_7d views.total engagements.total follows.total negatives.total
      engagements_per_views.rate_24h`,
    priors: { engagements_per_views: [1, 20] },
    timeToLiveDays: 420,
    key: ({ authorId }) => [authorId],
  },
  {
    view: postCountry as View<never>,
    series: BASE,
    columns: 'views.decayed_24h engagements.decayed_24h views.total engagements.total negatives.total',
    timeToLiveDays: 90,
    key: ({ postId, country }) => (country === null ? null : [postId, country]),
  },
  {
    view: hashtag as View<never>,
    series: BASE,
    columns: `views.decayed_30min views.decayed_24h engagements.decayed_30min engagements.decayed_24h
      engagements.window_1h engagements.window_24h engagements.window_7d views.total engagements.total negatives.total`,
    timeToLiveDays: 180,
    key: ({ hashtags }) => [hashtags[0]!],
  },
  {
    view: authorByDay as View<never>,
    series: BASE,
    columns: 'views.total engagements.total negatives.total',
    timeToLiveDays: 90,
    key: ({ authorId, at }) => [authorId, String(Math.floor(at / DAY_MS))],
  },
]

/** Those that are told of reactions beside one of their hashtags. */
const TAGGED: readonly string[] = ['hashtag', 'user-hashtag']
const wordsOf = (text: string): string[] => text.split(/\s+/)
const isTimed = (kind: string): boolean => kind === 'dwell' || kind === 'watch'
const isUndoable = (kind: string): boolean => UNDOABLE_KINDS.some((each) => each === kind)

const reaction = fc
  .record({
    kind: fc.constantFrom(...REACTION_KINDS),
    undo: fc.boolean(),
    value: fc.integer({ min: 1, max: 90_000 }),
    userId: fc.constantFrom(null, 'user-1', 'user-2'),
    postId: fc.constantFrom('post-1', 'post-2'),
    authorId: fc.constantFrom('author-1', 'author-2'),
    contentKind: fc.constantFrom('text', 'photo'),
    country: fc.constantFrom(null, 'DE', 'FR'),
    hashtags: fc.constantFrom(['rome'], ['hiking']),
    age: fc.oneof(fc.nat(2 * HOUR_MS), fc.nat(2 * DAY_MS), fc.nat(40 * DAY_MS)),
  })
  .map(({ age, kind, value, undo, ...fields }) =>
    aJoinedReaction({
      ...fields,
      kind,
      undo: undo && isUndoable(kind),
      value: isTimed(kind) ? value : null,
      at: later(-age),
    }),
  )

const MS: Readonly<Record<string, number>> = { min: MINUTE_MS, h: HOUR_MS, d: DAY_MS }
const durationOf = (name: string): number => {
  const [, count, unit] = /^(\d+)(min|h|d)$/.exec(name)!
  return Number(count) * MS[unit!]!
}

const weightOf = ({ kind, value, undo }: JoinedReaction): number =>
  (undo ? -1 : 1) * (isTimed(kind) ? value! : 1)

/** What a column must read, by its name and the table, and how far off it may be. */
const expectedOf = (
  { series, priors, finestMs = 0, timeToLiveDays }: Told,
  column: string,
  events: readonly JoinedReaction[],
): { readonly value: number; readonly errorMax: number } => {
  const [name, aggregate] = column.split('.') as [string, string]
  const countedIn = (kinds: string): Counted[] =>
    events
      .filter(({ kind }) => wordsOf(kinds).includes(kind))
      .map((each) => ({ at: each.at, weight: weightOf(each) }))
  const [, how, over = ''] = /^([a-z_]+?)(?:_(\d+\w+))?$/.exec(aggregate)!
  const all = Object.values(series).join(' ')
  const newest = Math.max(...events.filter(({ kind }) => wordsOf(all).includes(kind)).map(({ at }) => at))
  const decayed = (one: string, halfLife: string) => {
    const bits = FRACTION_BITS[one === 'looked' ? 'ms' : 'events']
    const { sum, errorMax } = decayedOf(countedIn(series[one]!), durationOf(halfLife), bits, newest, T0)
    return { value: Math.max(0, sum), errorMax }
  }
  const exactly = (value: number) => ({ value, errorMax: 0 })
  if (how === 'rate') {
    const [of, per] = name.split('_per_').map((each) => decayed(each, over))
    const [successes, trials] = priors![name]!
    return { value: (of!.value + successes) / (per!.value + trials), errorMax: 1e-3 }
  }
  const counted = countedIn(series[name]!)
  switch (how) {
    case 'total':
      return exactly(
        Math.max(
          0,
          counted.reduce((sum, { weight }) => sum + weight, 0),
        ),
      )
    case 'window':
      return exactly(Math.max(0, windowOf(counted, durationOf(over), T0)))
    case 'decayed':
      return decayed(name, over)
    case 'days_active':
      return exactly(daysActiveOf(counted, durationOf(over) / DAY_MS, T0))
    default:
      expect(aggregate).toBe('since_last_ms')
      return exactly(sinceLastOf(counted, { finestMs, withinMs: timeToLiveDays * DAY_MS }, newest, T0))
  }
}

describe.each(tables.map((told) => [told.view.name, told] as const))('%s', (name, told) => {
  const { view, series, columns, key, timeToLiveDays } = told
  const eventOf = (joined: JoinedReaction): JoinedReaction | TaggedReaction =>
    TAGGED.includes(name) ? { joined, hashtag: joined.hashtags[0]! } : joined

  test('has these columns, and keeps rows for as long', () => {
    const prefix = name.replaceAll('-', '_')
    expect(view.columns.map((column) => column.name)).toEqual(
      wordsOf(columns).map((column) => `${prefix}.${column}`),
    )
    expect(view.timeToLiveMs).toBe(timeToLiveDays * DAY_MS)
  })

  test('reads what a count of all events gives, row by row and column by column', () => {
    fc.assert(
      fc.property(fc.array(reaction, { maxLength: 40 }), (events) => {
        const known = wordsOf(Object.values(series).join(' '))
        const rows = new Map<string, JoinedReaction[]>()
        for (const event of events) {
          const ids = known.includes(event.kind) ? key(event) : null
          if (ids !== null) rows.set(ids.join('\0'), [...(rows.get(ids.join('\0')) ?? []), event])
        }
        const counted = backfill(view, events.map(eventOf) as unknown as readonly never[])
        expect([...counted.keys()].toSorted()).toEqual([...rows.keys()].toSorted())
        for (const [ids, row] of counted) {
          const values = Object.values(view.describe(row, T0))
          for (const [index, column] of wordsOf(columns).entries()) {
            const { value, errorMax } = expectedOf(told, column, rows.get(ids)!)
            // A float32 is exact to 2^-24 of its value, and the least of them are coarser.
            const offMax = errorMax + Math.abs(value) * 2 ** -22 + 1e-30
            expect(Math.abs(values[index]! - value), `${column} of ${ids}`).toBeLessThanOrEqual(offMax)
          }
        }
      }),
      { numRuns: 60 },
    )
  })
})

test('every view has a table here, or tests of its own', () => {
  const named = tables.map(({ view }) => view.name)
  expect([...views.keys()].filter((each) => !named.includes(each))).toEqual(['user-container'])
})
