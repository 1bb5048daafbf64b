import fc from 'fast-check'
import { expect, test } from 'vitest'
import { SETTLE_MS } from '../../../processors/label-join/windows.ts'
import { GRACE_MS } from '../../../processors/topics.ts'
import { HOUR_MS, MINUTE_MS } from '../../../schemas/ids.ts'
import type { Impression } from '../../../schemas/impressions/index.ts'
import type { Reaction } from '../../../schemas/reactions/index.ts'
import { aReaction, later } from '../events.ts'
import { anImpression } from '../personal-events.ts'
import { lineOf, oracle, type Outcome } from './oracle.ts'
import { JoinRun } from './run.ts'

const REQUESTS = ['r0', 'r1', 'r2', 'r3', 'r4', 'r5']
const HORIZON_MS = 20 * HOUR_MS

/** Times close together at the beginning of the day, where windows open and close, and some through the day. */
const minute = fc.oneof(
  { weight: 3, arbitrary: fc.nat(90 * MINUTE_MS) },
  { weight: 1, arbitrary: fc.nat(HORIZON_MS) },
)

const slate = fc.record({
  userId: fc.constantFrom('ann', 'bob'),
  posts: fc.uniqueArray(fc.constantFrom('p0', 'p1', 'p2'), { minLength: 1, maxLength: 3 }),
  at: fc.nat(60 * MINUTE_MS),
})

const reaction = fc.record({
  userId: fc.constantFrom('ann', 'bob'),
  postId: fc.constantFrom('p0', 'p1', 'p2', 'never shown'),
  kind: fc.constantFrom('view', 'like', 'dwell', 'save', 'comment'),
  undo: fc.constantFrom(false, false, true),
  value: fc.constant(null),
  requestId: fc.constantFrom(null, ...REQUESTS, 'no such request'),
  at: minute,
})

interface Scene {
  readonly slates: readonly Impression[]
  readonly reactions: readonly Reaction[]
}

/** Every event has a time of its own, so that the oracle need not know which of two came first. */
const scene = fc
  .record({
    slates: fc.array(slate, { minLength: 1, maxLength: REQUESTS.length }),
    reactions: fc.array(reaction, { maxLength: 40 }),
  })
  .map(({ slates, reactions }): Scene => {
    const taken = new Set<number>()
    const alone = (at: number): number => {
      let free = at
      while (taken.has(free)) free++
      taken.add(free)
      return later(free)
    }
    return {
      slates: slates.map((each, index) =>
        anImpression({ ...each, requestId: REQUESTS[index]!, at: alone(each.at) }),
      ),
      reactions: reactions.map((each) => aReaction({ ...each, at: alone(each.at) })),
    }
  })

type Arrival = { readonly at: number; readonly run: (join: JoinRun) => void }

const arrivalsOf = ({ slates, reactions }: Scene): Arrival[] => [
  ...slates.map((each) => ({ at: each.at, run: (join: JoinRun) => join.show(each) })),
  ...reactions.map((each) => ({ at: each.at, run: (join: JoinRun) => join.react(each) })),
]

const outcomeOf = (arrivals: readonly Arrival[]): Outcome => {
  const join = new JoinRun()
  for (const arrival of arrivals) arrival.run(join)
  join.passTo(later(3 * HORIZON_MS))
  expect(join.pipeline.rows()).toEqual([])
  const examples = join.examples().map(lineOf).sort()
  return { examples, unmatched: join.count('unmatched'), expired: join.count('expired') }
}

test('in order of time, examples are those that a look at all events shows, each label joined once', () => {
  fc.assert(
    fc.property(scene, (drawn) => {
      const inOrder = arrivalsOf(drawn).sort((one, other) => one.at - other.at)
      // In order of time, a reaction dated before the impression that it names never overtook it.
      expect(outcomeOf(inOrder)).toEqual(oracle(drawn.slates, drawn.reactions))
    }),
    { numRuns: 300 },
  )
})

/** Each post is in one slate of its user, and each reaction names it: what the order of arrival may not change. */
const named = ({ slates, reactions }: Scene): Scene => {
  const shown = new Set<string>()
  const kept: Impression[] = []
  for (const each of slates) {
    const candidates = each.candidates.filter(({ postId }) => !shown.has(`${each.userId} ${postId}`))
    for (const { postId } of candidates) shown.add(`${each.userId} ${postId}`)
    if (candidates.length > 0) kept.push({ ...each, candidates })
  }
  const requestOf = (each: Reaction): Impression | undefined =>
    kept.find(({ userId, candidates }) => {
      return userId === each.userId && candidates.some(({ postId }) => postId === each.postId)
    })
  return {
    slates: kept,
    reactions: reactions
      .map(
        (each) =>
          ({ ...each, requestId: requestOf(each)?.requestId ?? each.requestId ?? REQUESTS[0]! }) as Reaction,
      )
      .filter((each) => !each.undo || each.at <= (requestOf(each)?.at ?? 0) + SETTLE_MS),
  }
}

test('in any order within the grace, reactions that name their request give the same examples', () => {
  fc.assert(
    fc.property(scene, fc.array(fc.nat(GRACE_MS), { minLength: 50, maxLength: 50 }), (drawn, delays) => {
      const { slates, reactions } = named(drawn)
      const arrivals = arrivalsOf({ slates, reactions })
        .map((arrival, index) => ({ ...arrival, arrives: arrival.at + delays[index % delays.length]! }))
        .sort((one, other) => one.arrives - other.arrives)
      expect(outcomeOf(arrivals)).toEqual(oracle(slates, reactions))
    }),
    { numRuns: 300 },
  )
})
