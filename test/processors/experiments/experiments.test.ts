import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ByteReader, ByteWriter } from '../../../engine/bytes.ts'
import { node } from '../../../engine/topology.ts'
import {
  EVERYBODY_ARM,
  type Measure,
  MEASURES,
  type Measures,
  type Moments,
  NO_MEASURES,
  NO_MOMENTS,
  PASSIVE_ONE_IN,
  PASSIVE_SHOWN_MIN,
  RATIOS,
} from '../../../processors/experiments/measures.ts'
import { NEW_VIEWS, PASSIVE_ONE_IN as LEARNED_ONE_IN } from '../../../models/training/segments.ts'
import { readMeasures, writeMeasures } from '../../../processors/experiments/bytes.ts'
import { experimentSlates } from '../../../processors/experiments/slates.ts'
import { experimentTotals, readExperimentTotals } from '../../../processors/experiments/totals.ts'
import { ENTRIES_MAX, experimentUsers } from '../../../processors/experiments/users.ts'
import { labelJoin } from '../../../processors/label-join/labels.ts'
import { labelIndex } from '../../../processors/label-join/slate-index.ts'
import { LONGEST_WINDOW_MS, SETTLE_MS } from '../../../processors/label-join/windows.ts'
import { erasures, impressions, reactions, surveys } from '../../../processors/topics.ts'
import { type ExperimentMoments, experimentMoments } from '../../../processors/topics/experiment-moments.ts'
import { type ExperimentOutcome, experimentOutcomes } from '../../../processors/topics/experiment-outcomes.ts'
import { DAY_MS, HOUR_MS, millis, MINUTE_MS, SECOND_MS } from '../../../schemas/ids.ts'
import type { Impression } from '../../../schemas/impressions/index.ts'
import { REACTION_VALUE_MAX } from '../../../schemas/reactions/v1.ts'
import type { Survey } from '../../../schemas/surveys/index.ts'
import { aReaction, eventId, T0, userId } from '../events.ts'
import { Harness } from '../harness.ts'
import { anErasure, anImpression, requestId } from '../personal-events.ts'
import { picks, Pipeline } from '../pipeline.ts'

const ARM = 'likes/treatment'
const DAY = new Date(T0).toISOString().slice(0, 10)

const served = (
  fields: Parameters<typeof anImpression>[0] = {},
  experiment: string | null = ARM,
): Impression => ({
  ...anImpression(fields),
  experiment,
})

let answers = 0
const aSurvey = (satisfaction: number, fields: Partial<Survey> = {}): Survey => ({
  eventId: eventId(`survey-${++answers}`),
  userId: userId('user-1'),
  postId: null,
  requestId: requestId('request-1'),
  satisfaction,
  at: millis(T0 + MINUTE_MS),
  ...fields,
})

/** The label join and the experiments behind it. */
class Run {
  readonly pipeline = new Pipeline([
    node(labelIndex),
    node(labelJoin),
    node(experimentSlates),
    node(experimentUsers),
    node(experimentTotals),
  ])

  /** Moves time as a task does: what timers send back is processed before later timers fire. */
  settle(until = T0 + 10 * DAY_MS): void {
    for (const at of [T0 + SETTLE_MS + MINUTE_MS, T0 + LONGEST_WINDOW_MS, until]) {
      this.pipeline.drain(() => 0)
      this.pipeline.advance(Math.min(at, until))
    }
    this.pipeline.drain(() => 0)
  }

  totals(window = 'all', experiment = ARM): Moments {
    return readExperimentTotals(this.pipeline.of('experiment-totals').row(experiment, window))
  }

  get windows(): string[] {
    return [...this.pipeline.of('experiment-totals').rows.keys()].map((key) => key.replace('\0', ' ')).sort()
  }
}

describe('what comes of a feed that is served under an experiment', () => {
  test('is counted once it settles: posts shown and clicked, reactions, time and what surveys say', () => {
    const run = new Run()
    const { pipeline } = run
    pipeline.publish(impressions, served({ posts: ['post-1', 'post-2', 'post-3'] }))
    pipeline.drain(() => 0)
    const reacted = (kind: Parameters<typeof aReaction>[0], post: string, seconds: number) =>
      aReaction({ ...kind, postId: post, requestId: 'request-1', at: T0 + seconds * SECOND_MS })
    pipeline.publish(
      reactions,
      reacted({ kind: 'click' }, 'post-1', 1),
      reacted({ kind: 'click' }, 'post-1', 2),
      reacted({ kind: 'dwell', value: 7_600 }, 'post-1', 3),
      reacted({ kind: 'like' }, 'post-1', 4),
      reacted({ kind: 'like' }, 'post-2', 5),
      reacted({ kind: 'like', undo: true }, 'post-2', 6),
      reacted({ kind: 'hide' }, 'post-3', 7),
    )
    pipeline.publish(surveys, aSurvey(4), aSurvey(5))
    run.settle()
    const expected: Measures = {
      feeds: 1,
      shown: 3,
      clicks: 1,
      reactions: 1,
      negatives: 1,
      seconds: 8,
      surveys: 2,
      satisfaction: 9,
    }
    for (const experiment of [ARM, EVERYBODY_ARM]) {
      for (const window of ['all', DAY]) {
        const { users, sums } = run.totals(window, experiment)
        expect({ users, sums }).toEqual({ users: 1, sums: expected })
      }
    }
    const rows = [EVERYBODY_ARM, ARM].flatMap((experiment) => [`${experiment} ${DAY}`, `${experiment} all`])
    expect(run.windows).toEqual(rows)
  })

  test('counts no look for longer than its window, and a phone whose clock is behind, leave room for', () => {
    const run = new Run()
    run.pipeline.publish(impressions, served({ posts: ['post-1', 'post-2'] }))
    run.pipeline.drain(() => 0)
    const looked = (kind: 'dwell' | 'watch', post: string, value: number) =>
      aReaction({ kind, value, postId: post, requestId: 'request-1', at: T0 + SECOND_MS })
    run.pipeline.publish(
      reactions,
      looked('watch', 'post-1', REACTION_VALUE_MAX),
      looked('dwell', 'post-1', 35 * MINUTE_MS + 1_000),
      looked('dwell', 'post-2', 35 * MINUTE_MS - 1_000),
    )
    run.settle()
    expect(run.totals().sums.seconds).toBe(3 * 35 * 60 - 1)
  })

  test('goes on to count what comes late, within its window', () => {
    const run = new Run()
    run.pipeline.publish(impressions, served())
    run.settle(T0 + SETTLE_MS + MINUTE_MS)
    run.pipeline.publish(
      reactions,
      aReaction({ kind: 'share', requestId: 'request-1', at: T0 + SETTLE_MS + 5 * MINUTE_MS }),
    )
    run.pipeline.publish(surveys, aSurvey(3, { at: millis(T0 + SETTLE_MS + 5 * MINUTE_MS) }))
    run.settle()
    expect(run.totals().sums).toEqual({
      ...NO_MEASURES,
      feeds: 1,
      shown: 1,
      reactions: 1,
      surveys: 1,
      satisfaction: 3,
    })
  })

  test('is counted for everybody alone outside of all experiments', () => {
    const run = new Run()
    run.pipeline.publish(impressions, served({}, null))
    run.pipeline.drain(() => 0)
    const click = aReaction({ kind: 'click', requestId: 'request-1', at: T0 + SECOND_MS })
    run.pipeline.publish(reactions, click)
    run.pipeline.publish(surveys, aSurvey(3), aSurvey(2, { requestId: null }))
    run.settle()
    expect(run.windows).toEqual([`${EVERYBODY_ARM} ${DAY}`, `${EVERYBODY_ARM} all`])
    expect(run.totals('all', EVERYBODY_ARM)).toMatchObject({
      users: 1,
      sums: { ...NO_MEASURES, feeds: 1, shown: 1, clicks: 1, surveys: 1, satisfaction: 3 },
    })
  })

  test('is the same whether a survey or its impression comes first', () => {
    const totals = [true, false].map((isFirst) => {
      const run = new Run()
      if (isFirst) {
        run.pipeline.publish(surveys, aSurvey(3))
        run.pipeline.drain(() => 0)
      }
      run.pipeline.publish(impressions, served())
      run.pipeline.drain(() => 0)
      if (!isFirst) run.pipeline.publish(surveys, aSurvey(3))
      run.settle()
      return run.totals()
    })
    expect(totals[0]).toEqual(totals[1])
  })

  test('is counted though time passes all its windows in one step, as in a replay or after a quiet week', () => {
    const run = new Run()
    run.pipeline.publish(impressions, served())
    run.pipeline.drain(() => 0)
    run.pipeline.advance(T0 + 10 * DAY_MS)
    run.pipeline.drain(() => 0)
    expect(run.totals().sums).toEqual({ ...NO_MEASURES, feeds: 1, shown: 1 })
    expect(run.pipeline.of('experiment-slates').rows.size).toBe(0)
  })

  test('leaves the state when nothing can come of it any more', () => {
    const run = new Run()
    run.pipeline.publish(impressions, served())
    // One whose impression never comes.
    run.pipeline.publish(surveys, aSurvey(3, { requestId: requestId('request-unheard') }))
    run.settle(T0 + LONGEST_WINDOW_MS + DAY_MS)
    expect(run.pipeline.of('experiment-slates').rows.size).toBe(0)
  })
})

const outcome = (
  user: string,
  at: number,
  measures: Partial<Measures>,
  experiment = ARM,
): ExperimentOutcome => ({
  userId: userId(user),
  experiment,
  at: millis(at),
  measures: { ...NO_MEASURES, ...measures },
})

const anyOutcome = fc
  .record({
    user: fc.constantFrom('ada', 'bo', 'cy'),
    experiment: fc.constantFrom('e/a', 'e/b', 'everyone/all'),
    day: fc.nat(2),
    counts: fc.array(fc.nat(50), { minLength: MEASURES.length, maxLength: MEASURES.length }),
    shown: fc.nat(90),
    // Many do next to nothing.
    deeds: fc.array(fc.constantFrom(0, 0, 0, 1, 4), { minLength: 3, maxLength: 3 }),
  })
  .map(({ user, experiment, day, counts, shown, deeds }) =>
    outcome(
      user,
      T0 + day * DAY_MS,
      {
        ...Object.fromEntries(MEASURES.map((measure, at) => [measure, counts[at]!])),
        shown,
        clicks: deeds[0]!,
        reactions: deeds[1]!,
        negatives: deeds[2]!,
      },
      experiment,
    ),
  )

/** What people do in all is under an arm, and once more where it is next to nothing. */
const PASSIVE_ROW = /\/passive\0/
const looksAlone = ({ shown, clicks, reactions, negatives }: Measures): boolean =>
  shown >= 50 && (clicks + reactions + negatives) / shown < 1 / 25

/** Sums over users, from what each of them did in all. */
const bruteForce = (outcomes: readonly ExperimentOutcome[]): Record<string, Moments> => {
  const byRow = new Map<string, Map<string, Measures>>()
  for (const { userId: user, experiment, at, measures } of outcomes) {
    const day = new Date(at).toISOString().slice(0, 10)
    const rows = [experiment, 'everyone/all'].flatMap((arm) => [`${arm}\0all`, `${arm}\0${day}`])
    for (const row of new Set(rows)) {
      const users = byRow.get(row) ?? new Map<string, Measures>()
      const before = users.get(user) ?? NO_MEASURES
      const after = Object.fromEntries(MEASURES.map((each) => [each, before[each] + measures[each]]))
      users.set(user, after as Measures)
      byRow.set(row, users)
    }
  }
  const rows = [...byRow].flatMap(([row, users]): [string, Measures[]][] => {
    const all = [...users.values()]
    const passive = all.filter(looksAlone)
    return [
      [row, all],
      ...(passive.length === 0 ? [] : [[row.replace('\0', '/passive\0'), passive] as [string, Measures[]]]),
    ]
  })
  return Object.fromEntries(
    rows.map(([row, all]): [string, Moments] => {
      const products = (one: Measure, other: Measure): bigint =>
        all.reduce((sum, measures) => sum + BigInt(measures[one]) * BigInt(measures[other]), 0n)
      const each = <Value>(value: (measure: Measure) => Value) =>
        Object.fromEntries(MEASURES.map((measure) => [measure, value(measure)])) as Record<Measure, Value>
      return [
        row,
        {
          users: all.length,
          sums: each((measure) => all.reduce((sum, measures) => sum + measures[measure], 0)),
          squares: each((measure) => products(measure, measure)),
          products: RATIOS.map(({ of, per }) => products(of, per)),
        },
      ]
    }),
  )
}

/** Nobody may be passive any more: such rows are left out where they say nothing of anybody. */
const totalsOf = (pipeline: Pipeline): Record<string, Moments> =>
  Object.fromEntries(
    [...pipeline.of('experiment-totals').rows]
      .map(([key, row]): [string, Moments] => [key, readExperimentTotals(row)])
      .filter(([key, moments]) => !(PASSIVE_ROW.test(key) && isEmpty(moments))),
  )

const isEmpty = ({ users, sums, squares, products }: Moments): boolean =>
  [users, ...Object.values(sums), ...Object.values(squares), ...products].every(
    (value) => Number(value) === 0,
  )

test('sums, squares and products over users are what their whole deeds say, in whatever order these come', () => {
  fc.assert(
    fc.property(fc.array(anyOutcome, { maxLength: 30 }), fc.integer(), (outcomes, seed) => {
      const pipeline = new Pipeline([node(experimentUsers), node(experimentTotals)])
      pipeline.publish(experimentOutcomes, ...outcomes)
      pipeline.drain(picks(seed))
      expect(totalsOf(pipeline)).toEqual(bruteForce(outcomes))
    }),
    { numRuns: 200 },
  )
})

test('who is passive is told as learning tells it', () => {
  expect([PASSIVE_SHOWN_MIN, PASSIVE_ONE_IN]).toEqual([NEW_VIEWS, LEARNED_ONE_IN])
})

test('a user whose row was written before anybody was passive joins those who are, with all they did', () => {
  const harness = new Harness(experimentUsers) as Harness<unknown>
  harness.apply(experimentOutcomes, outcome('ada', T0, { feeds: 2, shown: 80 }))
  const [[key, row]] = [...harness.rows] as [[string, Buffer]]
  // Version 1: without the last byte of each entry, which says whether they are passive.
  const writer = new ByteWriter(1)
  const reader = new ByteReader().over(row, 1)
  writer.u8(1)
  writer.f64(reader.f64())
  const entries = reader.varint()
  writer.varint(entries)
  for (let entry = 0; entry < entries; entry++) {
    for (const text of [reader.string(), reader.string()]) writer.string(text)
    writer.f64(reader.f64())
    writeMeasures(readMeasures(reader), writer)
    expect(reader.u8()).toBe(1)
  }
  harness.rows.set(key, writer.copy())
  const sent = harness.apply(experimentOutcomes, outcome('ada', T0, { feeds: 1, shown: 10, clicks: 1 }))
  const all = (sent.map(({ value }) => value) as ExperimentMoments[]).filter(({ window }) => window === 'all')
  expect(all.map(({ experiment, moments: { users, sums } }) => [experiment, users, sums.shown])).toEqual([
    [EVERYBODY_ARM, 0, 10],
    [`${EVERYBODY_ARM}/passive`, 1, 90],
    [ARM, 0, 10],
    [`${ARM}/passive`, 1, 90],
  ])
})

test('an erasure takes a user out of the sums, and what comes late of them does not come back', () => {
  fc.assert(
    fc.property(fc.array(anyOutcome, { maxLength: 20 }), (outcomes) => {
      const pipeline = new Pipeline([node(experimentUsers), node(experimentTotals)])
      pipeline.publish(experimentOutcomes, ...outcomes)
      pipeline.drain(() => 0)
      const at = T0 + 5 * DAY_MS
      pipeline.publish(erasures, anErasure(at, 'ada'))
      pipeline.drain(() => 0)
      pipeline.publish(experimentOutcomes, outcome('ada', at - 1, { feeds: 1 }))
      pipeline.drain(() => 0)
      const left = bruteForce(outcomes.filter((each) => each.userId !== 'ada'))
      for (const [row, moments] of Object.entries(totalsOf(pipeline)))
        expect(moments, row).toEqual(
          left[row] ?? { ...moments, users: 0, sums: NO_MEASURES, squares: NO_MOMENTS.squares },
        )
    }),
  )
})

test('of a user a bounded number of arms and days is kept, and none that is over', () => {
  const harness = new Harness(experimentUsers) as Harness<unknown>
  for (let index = 0; index < ENTRIES_MAX; index++)
    harness.apply(experimentOutcomes, outcome('ada', T0 + index, { feeds: 1 }, `e${index}/a`))
  expect(harness.counts.get('experiments.entries_dropped')).toBe(ENTRIES_MAX + 2)
  harness.advance(T0 + 200 * DAY_MS)
  expect(harness.rows.size).toBe(0)
})

test('of a day somebody is one user, however much time passes before the rest of it is heard, until newer days follow', () => {
  const pipeline = new Pipeline([node(experimentUsers), node(experimentTotals)])
  const take = (day: number): void => {
    pipeline.publish(experimentOutcomes, outcome('ada', T0 + day * DAY_MS, { feeds: 1 }))
    pipeline.drain(() => 0)
  }
  take(0)
  pipeline.advance(T0 + 20 * DAY_MS)
  take(0)
  expect(totalsOf(pipeline)[`${ARM}\0${DAY}`]).toMatchObject({ users: 1, sums: { feeds: 2 } })
  const bytes: number[] = []
  for (let day = 1; day < 10; day++) {
    take(day)
    bytes.push(pipeline.of('experiment-users').row('ada').length)
  }
  // In all, and the last three days: of an arm, and of everybody.
  expect(bytes.slice(1)).toEqual(bytes.slice(1).fill(bytes[1]!))
})

test('timers are as many as the rows hold entries, however much comes, and each entry ends after its newest', () => {
  const users = new Harness(experimentUsers) as Harness<unknown>
  const totals = new Harness(experimentTotals) as Harness<unknown>
  const take = (at: number): void => {
    for (const { value } of users.apply(experimentOutcomes, outcome('ada', at, { feeds: 1 })))
      totals.apply(experimentMoments, value as ExperimentMoments)
  }
  for (let hour = 0; hour < 20 * 24; hour++) {
    take(T0 + hour * HOUR_MS)
    users.advance(T0 + hour * HOUR_MS)
    totals.advance(T0 + hour * HOUR_MS)
    expect(users.pendingTimers).toBeLessThanOrEqual(12)
  }
  expect(totals.pendingTimers).toBe(totals.rows.size)
  const last = T0 + (20 * 24 - 1) * HOUR_MS
  users.advance(last + 90 * DAY_MS - 1)
  expect(users.rows.size).toBe(1)
  users.advance(last + 90 * DAY_MS)
  expect([users.rows.size, users.pendingTimers]).toEqual([0, 0])
  totals.advance(last + 400 * DAY_MS - 1)
  expect([...totals.rows.keys()]).toContain(`${ARM}\0all`)
  totals.advance(last + 400 * DAY_MS)
  expect([totals.rows.size, totals.pendingTimers]).toEqual([0, 0])
})

test('folded moments say what they say one by one', () => {
  fc.assert(
    fc.property(fc.array(anyOutcome, { minLength: 1, maxLength: 10 }), (outcomes) => {
      const harness = new Harness(experimentUsers) as Harness<unknown>
      for (const each of outcomes) harness.apply(experimentOutcomes, { ...each, experiment: 'e/a' })
      const sent = harness
        .sent(experimentMoments)
        .filter(({ experiment, window }) => experiment === 'e/a' && window === 'all')
      let sum: Buffer = Buffer.alloc(0)
      for (const each of sent) {
        const one = new ByteWriter(1)
        experimentMoments.codec.encode(each, one)
        const next = new ByteWriter(1)
        experimentMoments.fold!.merge(sum, 0, sum.length, one.view(), 0, one.position, next)
        sum = next.copy()
      }
      const folded = experimentMoments.codec.decode(sum, 0, sum.length)
      const totals = new Harness(experimentTotals) as Harness<unknown>
      for (const each of sent) totals.apply(experimentMoments, each)
      expect(folded.moments).toEqual(readExperimentTotals(totals.row('e/a', 'all')))
      expect(folded.at).toBe(Math.max(...sent.map(({ at }) => at)))
    }),
  )
})
