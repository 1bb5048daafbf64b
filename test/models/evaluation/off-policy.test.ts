import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Random } from '../../../engine/driver/random.ts'
import { holds } from '../../../models/evaluation/interval.ts'
import {
  crossFitted,
  doublyRobust,
  inversePropensity,
  type LoggedDecisions,
  onPolicy,
  selfNormalised,
} from '../../../models/evaluation/off-policy.ts'

const ACTIONS = 3

const distribution = fc
  .array(fc.double({ min: 0.05, max: 1, noNaN: true }), { minLength: ACTIONS, maxLength: ACTIONS })
  .map((weights) => weights.map((weight) => weight / weights.reduce((sum, each) => sum + each, 0)))
const numbers = fc.array(fc.double({ min: -2, max: 2, noNaN: true }), {
  minLength: ACTIONS,
  maxLength: ACTIONS,
})

interface Bandit {
  readonly logging: readonly number[]
  readonly target: readonly number[]
  /** Of each action, always. */
  readonly rewards: readonly number[]
}
const bandit: fc.Arbitrary<Bandit> = fc.record({
  logging: distribution,
  target: distribution,
  rewards: numbers,
})

const dot = (one: readonly number[], other: readonly number[]): number =>
  one.reduce((sum, each, at) => sum + each * other[at]!, 0)

const decisionsOf = ({ logging, target, rewards }: Bandit, actions: readonly number[]): LoggedDecisions => ({
  rewards: Float64Array.from(actions, (action) => rewards[action]!),
  logged: Float64Array.from(actions, (action) => logging[action]!),
  target: Float64Array.from(actions, (action) => target[action]!),
})

/** The mean of an estimate over every log of two decisions, each as likely as the logging policy makes it. */
const expectation = (
  each: Bandit,
  estimate: (decisions: LoggedDecisions, actions: readonly number[]) => number,
) => {
  let sum = 0
  for (let one = 0; one < ACTIONS; one++) {
    for (let other = 0; other < ACTIONS; other++) {
      const actions = [one, other]
      sum += each.logging[one]! * each.logging[other]! * estimate(decisionsOf(each, actions), actions)
    }
  }
  return sum
}

const modelOf = (model: readonly number[], target: readonly number[], actions: readonly number[]) => ({
  ofTaken: Float64Array.from(actions, (action) => model[action]!),
  ofTarget: new Float64Array(actions.length).fill(dot(target, model)),
})

describe('over all logs that there could be', () => {
  test('inverse propensity scoring is right on average', () => {
    fc.assert(
      fc.property(bandit, (each) => {
        const mean = expectation(each, (decisions) => inversePropensity(decisions).value)
        expect(mean).toBeCloseTo(dot(each.target, each.rewards), 9)
      }),
    )
  })

  test('so is the doubly robust estimate, whatever the model expects', () => {
    fc.assert(
      fc.property(bandit, numbers, (each, model) => {
        const mean = expectation(
          each,
          (decisions, actions) => doublyRobust(decisions, modelOf(model, each.target, actions)).value,
        )
        expect(mean).toBeCloseTo(dot(each.target, each.rewards), 9)
      }),
    )
  })
})

test('a doubly robust estimate with a model that is right needs no propensities that are', () => {
  fc.assert(
    fc.property(
      bandit,
      distribution,
      fc.array(fc.nat(ACTIONS - 1), { minLength: 2, maxLength: 20 }),
      (each, wrong, actions) => {
        const decisions = decisionsOf({ ...each, logging: wrong }, actions)
        const { value, standardError } = doublyRobust(decisions, modelOf(each.rewards, each.target, actions))
        expect(value).toBeCloseTo(dot(each.target, each.rewards), 9)
        expect(standardError).toBeCloseTo(0, 9)
      },
    ),
  )
})

test('of the logging policy itself every estimate is the mean of what was logged', () => {
  fc.assert(
    fc.property(bandit, fc.array(fc.nat(ACTIONS - 1), { minLength: 2, maxLength: 20 }), (each, actions) => {
      const decisions = decisionsOf({ ...each, target: each.logging }, actions)
      const { value, effectiveCount } = onPolicy(decisions.rewards)
      expect(effectiveCount).toBeCloseTo(actions.length, 9)
      expect(inversePropensity(decisions).value).toBeCloseTo(value, 9)
      expect(selfNormalised(decisions).value).toBeCloseTo(value, 9)
    }),
  )
})

test('a self-normalised estimate stays within the rewards that were seen', () => {
  fc.assert(
    fc.property(bandit, fc.array(fc.nat(ACTIONS - 1), { minLength: 2, maxLength: 20 }), (each, actions) => {
      const decisions = decisionsOf(each, actions)
      const { value } = selfNormalised(decisions)
      expect(value).toBeGreaterThanOrEqual(Math.min(...decisions.rewards) - 1e-9)
      expect(value).toBeLessThanOrEqual(Math.max(...decisions.rewards) + 1e-9)
    }),
  )
})

test('intervals hold the truth about as often as they say', () => {
  const logging = [0.6, 0.3, 0.1]
  const target = [0.2, 0.3, 0.5]
  const rates = [0.2, 0.3, 0.5]
  const truth = dot(target, rates)
  const random = new Random(7)
  const drawn = (): number => {
    const draw = random.next()
    return draw < logging[0]! ? 0 : draw < logging[0]! + logging[1]! ? 1 : 2
  }
  const RUNS = 400
  const held = { ips: 0, snips: 0, dr: 0 }
  for (let run = 0; run < RUNS; run++) {
    const actions = Array.from({ length: 400 }, drawn)
    const decisions = {
      ...decisionsOf({ logging, target, rewards: rates }, actions),
      rewards: Float64Array.from(actions, (action) => (random.chance(rates[action]!) ? 1 : 0)),
    }
    if (holds(inversePropensity(decisions), truth)) held.ips++
    if (holds(selfNormalised(decisions), truth)) held.snips++
    if (holds(doublyRobust(decisions, modelOf([0.3, 0.3, 0.3], target, actions)), truth)) held.dr++
  }
  // 95% of 400, more or less four standard errors.
  for (const count of Object.values(held)) expect(Math.abs(count - 380)).toBeLessThan(18)
})

test('a model is never asked about a decision that it was fitted on, and about each once', () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 40 }), fc.integer({ min: 2, max: 10 }), (count, wanted) => {
      const folds = Math.min(count, wanted)
      const asked: number[] = []
      crossFitted(
        count,
        folds,
        (isFitted) => new Set(Array.from({ length: count }, (_, at) => at).filter(isFitted)),
        (fitted, decision) => {
          expect(fitted.has(decision)).toBe(false)
          asked.push(decision)
        },
      )
      expect(asked.sort((one, other) => one - other)).toEqual(Array.from({ length: count }, (_, at) => at))
    }),
  )
})

test.each([
  [{ logged: [0, 0.5] }, 'logged[0] is 0'],
  [{ logged: [0.5, 1.5] }, 'logged[1] is 1.5'],
  [{ target: [0.5, -0.1] }, 'target[1] is -0.1'],
  [{ target: [0.5] }, '2 rewards, 2 logged and 1 target'],
  [{ rewards: [1] }, '1 rewards'],
])('decisions that cannot be are refused: %j', (change, message) => {
  const decisions = { rewards: [1, 0], logged: [0.5, 0.5], target: [0.5, 0.5], ...change }
  expect(() =>
    inversePropensity({
      rewards: Float64Array.from(decisions.rewards),
      logged: Float64Array.from(decisions.logged),
      target: Float64Array.from(decisions.target),
    }),
  ).toThrow(message)
})
