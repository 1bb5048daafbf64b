import { describe, expect, test } from 'vitest'
import { type Head, HEADS } from '../../../models/heads.ts'
import { KnownExamples } from '../../../models/training/known-examples.ts'
import { LabelAccount } from '../../../models/training/label-account.ts'
import { Random } from '../../../engine/driver/random.ts'
import type { Example } from '../../../schemas/examples/index.ts'
import { MINUTE_MS, type PostId } from '../../../schemas/ids.ts'
import type { ReactionKind } from '../../../schemas/reactions/v1.ts'
import { SETTLE_MS } from '../../../processors/label-join/windows.ts'
import { aReaction, later } from '../../processors/events.ts'
import { JoinRun } from '../../processors/label-join/run.ts'
import { anImpression } from '../../processors/personal-events.ts'
import { exampleOf, labelled } from './sample.ts'

const ALL_HEADS: readonly Head[] = HEADS

type LabelArguments = readonly (ReactionKind | readonly [ReactionKind, number])[]

type Row = Readonly<Record<string, readonly [weight: number, target: number]>>

/** Takes examples one after the other; answers what each brings. */
const taking = (negativesKept = 1, known = new KnownExamples()): ((example: Example) => Row) => {
  const account = new LabelAccount(HEADS, negativesKept, known)
  return (example) => {
    account.consider(example)
    account.remember(example)
    return Object.fromEntries(
      HEADS.map(({ name }, head) => [name, [account.weights[head]!, account.targets[head]!]]),
    )
  }
}

const early = (...labels: LabelArguments): Example =>
  exampleOf({ phase: 'late', isEarly: true, labels: labelled(...labels) })
const late = (...labels: LabelArguments): Example => exampleOf({ phase: 'late', labels: labelled(...labels) })

describe('what heads learn from an example', () => {
  test('that settled: a positive where the reaction came, a negative where it did not', () => {
    const row = taking()(exampleOf({ labels: labelled('click', 'comment') }))
    expect(row['click']).toEqual([1, 1])
    expect(row['comment']).toEqual([1, 1])
    expect(row['like']).toEqual([1, 0])
    expect(row['share']).toEqual([1, 0])
  })

  test('of any of the reactions that a head stands for', () => {
    expect(taking()(exampleOf({ labels: labelled('connect_request') }))['follow']).toEqual([1, 1])
  })

  test('of a time: its logarithm, dwell and watch together, and nothing where nobody looked', () => {
    const looked = taking()(exampleOf({ labels: labelled(['dwell', 1_500], ['watch', 500]) }))
    expect(looked['dwell']).toEqual([1, Math.fround(Math.log(2_001))])
    expect(taking()(exampleOf())['dwell']).toEqual([0, 0])
  })

  test('of a long look: whether dwell and watch together are at least as long, and no where nobody stayed', () => {
    const row = taking()(exampleOf({ labels: labelled(['dwell', 14_000], ['watch', 1_000]) }))
    expect([row['dwell_8s'], row['dwell_15s'], row['dwell_25s'], row['dwell_30s']]).toEqual([
      [1, 1],
      [1, 1],
      [1, 0],
      [1, 0],
    ])
    expect(taking()(exampleOf({ labels: labelled('skip') }))['dwell_8s']).toEqual([1, 0])
  })

  test('of a look told in parts: long as soon as one part is, and by all of them when its slate settles', () => {
    const take = taking()
    expect(take(early('view'))['dwell_8s']).toEqual([1, 0])
    expect(take(early(['dwell', 9_000]))['dwell_8s']).toEqual([0, 1])
    const second = take(early(['dwell', 7_000]))
    expect([second['dwell_8s'], second['dwell_15s']]).toEqual([
      [0, 0],
      [0, 0],
    ])
    const settled = take(exampleOf({ labels: labelled('view', ['dwell', 9_000], ['dwell', 7_000]) }))
    expect([settled['dwell_8s'], settled['dwell_15s'], settled['dwell_25s']]).toEqual([
      [0, 0],
      [0, 1],
      [0, 0],
    ])
  })

  test('that comes late: the difference between a positive and the negative that was learned', () => {
    for (const forgets of [false, true]) {
      const take = taking(1, forgets ? new KnownExamples(1) : new KnownExamples())
      take(exampleOf())
      if (forgets) take(exampleOf({ postId: 'p2' as PostId }))
      const row = take(late('comment'))
      for (const { name } of HEADS) expect(row[name]).toEqual(name === 'comment' ? [0, 1] : [0, 0])
    }
  })

  test('of a survey: its first answer, whatever else is known, and nothing of who was not asked', () => {
    const asked = (satisfaction: number): Example => exampleOf({ phase: 'late', labels: [], satisfaction })
    for (const [answer, target] of [
      [5, 1],
      [4, 1],
      [3, 0],
      [1, 0],
    ] as const) {
      const take = taking(0.5)
      expect(take(exampleOf({ labels: labelled('click') }))['satisfaction']).toEqual([0, 0])
      const row = take(asked(answer))
      for (const { name } of HEADS) expect(row[name]).toEqual(name === 'satisfaction' ? [1, target] : [0, 0])
      expect(take(asked(1))['satisfaction']).toEqual([0, 0])
      expect(take(exampleOf({ labels: labelled('click') }))['satisfaction']).toEqual([0, 0])
    }
  })

  test('no more once it was a positive: a second comment is none, a comment on another post is', () => {
    const take = taking()
    expect(take(exampleOf({ labels: labelled('comment') }))['comment']).toEqual([1, 1])
    expect(take(late('comment'))['comment']).toEqual([0, 0])
    expect(take(late('share'))['share']).toEqual([0, 1])
    const other = { ...late('comment'), postId: 'p2' as PostId }
    expect(take(other)['comment']).toEqual([0, 1])
    expect(take(other)['comment']).toEqual([0, 0])
  })
})

describe('what comes before a slate settles', () => {
  test('is learned at once where an app tells of views: a view as a negative, then each reaction', () => {
    const take = taking()
    expect(take(early('view'))['like']).toEqual([1, 0])
    expect(take(early('like'))).toMatchObject({ like: [0, 1], click: [0, 0] })
    const settled = take(exampleOf({ labels: labelled('view', 'like') }))
    for (const { name } of HEADS) expect(settled[name], name).toEqual([0, 0])
  })

  test('is no time yet: one that is told in parts is learned when the slate settles, all of it and once', () => {
    const take = taking()
    take(early('view'))
    expect(take(early(['watch', 3_000]))['dwell']).toEqual([0, 0])
    expect(take(early(['watch', 56_999]))['dwell']).toEqual([0, 0])
    const settled = exampleOf({ labels: labelled('view', ['watch', 3_000], ['watch', 56_999]) })
    expect(take(settled)['dwell']).toEqual([1, Math.fround(Math.log(60_000))])
    expect(take(settled)['dwell']).toEqual([0, 0])
  })

  test('waits for the end where an app never tells of views: nobody knows what was looked at before', () => {
    const take = taking()
    expect(take(early('like'))['like']).toEqual([0, 0])
    expect(take(exampleOf({ labels: labelled('like') }))).toMatchObject({ like: [1, 1], click: [1, 0] })
  })

  test('is taken back by an undo when the slate settles', () => {
    const take = taking()
    take(early('view'))
    take(early('like'))
    expect(take(exampleOf({ labels: labelled('view') }))['like']).toEqual([0, -1])
  })
})

test('where an app tells of views, a post that nobody looked at teaches nothing', () => {
  const take = taking()
  take(early('view'))
  const unseen = { ...exampleOf(), postId: 'p2' as PostId }
  for (const { name } of HEADS) expect(take(unseen)[name]).toEqual([0, 0])
})

/** Looks, told in up to four parts of dwell and watch. */
const looksOf = (random: Random): (readonly [ReactionKind, number])[] =>
  Array.from({ length: random.below(5) }, () => [
    random.chance(0.5) ? 'dwell' : 'watch',
    1 + random.below(60_000),
  ])

test('whatever the parts and their order, what is learned adds up to the whole example', () => {
  const random = new Random(5)
  const kinds: readonly ReactionKind[] = ['view', 'click', 'like', 'comment', 'hide', 'skip', 'share']
  for (let round = 0; round < 500; round++) {
    const negativesKept = random.chance(0.5) ? 1 : 0.3
    const looks = looksOf(random)
    const labels = [...kinds.filter(() => random.chance(0.3)), ...looks]
    const lateLabels = (['comment', 'share'] as const).filter(() => random.chance(0.3))
    const known = new KnownExamples()
    known.tellsOfViews = true
    const take = taking(negativesKept, known)
    const postId = `p${round}` as PostId
    const sums = new Map(HEADS.map(({ name }) => [name as string, [0, 0] as [number, number]]))
    const add = (example: Example): void => {
      for (const [name, [weight, target]] of Object.entries(take({ ...example, postId }))) {
        sums.get(name)![0] += weight
        sums.get(name)![1] += target
      }
    }
    for (const label of labels) if (random.chance(0.7)) add(early(label))
    add(exampleOf({ labels: labelled(...labels) }))
    for (const label of lateLabels) add(late(label))
    const answer = random.chance(0.4) ? 1 + random.below(5) : null
    if (answer !== null) add(exampleOf({ phase: 'late', satisfaction: answer }))

    const passive: readonly ReactionKind[] = ['view', 'skip', 'dwell', 'watch']
    const settledKinds = labels.map((label) => (typeof label === 'string' ? label : label[0]))
    const all = new Set<ReactionKind>([...settledKinds, ...lateLabels])
    const isActive = [...all].some((kind) => !passive.includes(kind))
    const [timeWeight, timeTarget] = sums.get('dwell')!
    const isActiveSettled = settledKinds.some((kind) => !passive.includes(kind))
    if (looks.length === 0) expect([timeWeight, timeTarget]).toEqual([0, 0])
    else if (isActiveSettled || negativesKept === 1) expect(timeWeight).toBe(1)
    else expect([0, Math.fround(1 / negativesKept)]).toContain(timeWeight)
    const ms = looks.reduce((sum, [, value]) => sum + value, 0)
    expect(timeTarget).toBe(timeWeight === 0 ? 0 : Math.fround(Math.log1p(ms)))
    expect(sums.get('satisfaction')).toEqual([answer === null ? 0 : 1, (answer ?? 0) >= 4 ? 1 : 0])
    for (const { name, output, labels: own, atLeastMs } of ALL_HEADS) {
      // Surveys have a head of their own, which reactions say nothing to.
      if (output === 'seconds' || own.length === 0) continue
      const [weight, target] = sums.get(name)!
      const isPositive = atLeastMs === undefined ? own.some((kind) => all.has(kind)) : ms >= atLeastMs
      if (isActive || negativesKept === 1) {
        expect(weight).toBeCloseTo(all.size > 0 ? 1 : 0, 5)
        expect(target).toBeCloseTo(isPositive ? 1 : 0, 5)
      } else {
        expect([0, 1 / negativesKept].some((each) => Math.abs(each - weight) < 1e-5)).toBe(true)
        expect(target).toBeCloseTo(isPositive ? weight : 0, 5)
      }
    }
  }
})

test('what the label join sends adds up to the whole example, however far its watermark trails', () => {
  const random = new Random(6)
  for (let round = 0; round < 300; round++) {
    const isLookedAt = random.chance(0.7)
    const soon = (['click', 'like', 'comment', 'hide'] as const).filter(() => random.chance(0.3))
    const late = (['comment', 'share', 'save'] as const).filter(() => random.chance(0.4))
    const join = new JoinRun()
    const react = (kind: ReactionKind, at: number): void =>
      join.react(aReaction({ requestId: 'request-1', kind, at: later(at) }))
    const after = (atMost: number): number => (1 + random.below(atMost)) * MINUTE_MS
    join.show(anImpression())
    if (isLookedAt) react('view', MINUTE_MS)
    for (const kind of soon) react(kind, after(29))
    // Some come before the watermark has passed the settling of their slate, some after.
    for (const kind of late) react(kind, SETTLE_MS + after(8))
    join.passTo(later(SETTLE_MS + 30 * MINUTE_MS))

    const known = new KnownExamples()
    known.tellsOfViews = true
    const take = taking(1, known)
    const parts = join.all().map(take)
    const kinds = new Set<ReactionKind>([...(isLookedAt ? (['view'] as const) : []), ...soon, ...late])
    for (const { name, output, labels: own } of HEADS) {
      if (output === 'seconds' || own.length === 0) continue
      const sum = (side: 0 | 1): number => parts.reduce((total, part) => total + part[name]![side], 0)
      expect([sum(0), sum(1)], name).toEqual([
        kinds.size > 0 ? 1 : 0,
        own.some((kind) => kinds.has(kind)) ? 1 : 0,
      ])
    }
  }
})

test('however many settle in between, an example that has not settled is not learned twice', () => {
  const known = new KnownExamples(100)
  known.tellsOfViews = true
  const take = taking(1, known)
  const sums = [0, 0]
  const add = (example: Example, index: number): void => {
    const [weight, target] = take({ ...example, postId: `p${index}` as PostId })['like']!
    sums[0]! += weight
    sums[1]! += target
  }
  const [shown, settlesAfter] = [500, 60]
  for (let index = 0; index < shown + settlesAfter; index++) {
    if (index < shown) for (const label of ['view', 'like'] as const) add(early(label), index)
    if (index >= settlesAfter) add(exampleOf({ labels: labelled('view', 'like') }), index - settlesAfter)
    // Posts that nobody looked at: what is known of them comes when they settle.
    for (let other = 0; other < 20; other++) add(exampleOf(), 1_000 * (index + 1) + other)
  }
  expect(sums).toEqual([shown, shown])
})

test('a share of the negatives is kept and counts for the others; one that turns out to be none counts once', () => {
  const like = (row: Row): readonly [number, number] => row['like']!
  let [kept, weights] = [0, 0]
  for (let index = 0; index < 4_000; index++) {
    const take = taking(0.25)
    const of = (example: Example): Example => ({ ...example, postId: `p${index}` as PostId })
    const [weight] = like(take(of(early('view'))))
    expect([0, 4]).toContain(weight)
    kept += weight === 0 ? 0 : 1
    weights += weight
    expect(like(take(of(early('like'))))).toEqual([1 - weight, 1])
  }
  // Each kept with a chance of a quarter: 1,000 ± 27.
  expect(Math.abs(kept - 1_000)).toBeLessThan(5 * 27)
  expect(Math.abs(weights - 4_000)).toBeLessThan(5 * 4 * 27)
})
