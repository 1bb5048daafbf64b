import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { UserId } from '../../../schemas/ids.ts'
import { bucketOf } from '../../../serving/experiments/bucket.ts'
import {
  checkExperiments,
  type ExperimentConfig,
  EXPERIMENTS_MAX,
} from '../../../serving/experiments/config.ts'
import { Rankings } from '../../../serving/experiments/rankings.ts'
import { RANKING_DEFAULTS } from '../../../serving/rules/config.ts'

const users = (count: number): UserId[] =>
  Array.from({ length: count }, (_, index) => `user-${index}` as UserId)

const halves = (name: string): ExperimentConfig => ({
  name,
  salt: `${name}-1`,
  arms: [
    { name: 'control', share: 0.5 },
    { name: 'treatment', share: 0.5, ranking: { valueModel: { version: 't', weights: { like: 3 } } } },
  ],
})

const shareOf = (values: readonly boolean[]): number => values.filter(Boolean).length / values.length

describe('a bucket', () => {
  test('is the same for ever: analysts may compute it', () => {
    expect(bucketOf('salt', 'ada')).toBe(0.0480074249031881)
  })

  test('lies evenly in [0, 1), and under two salts independently', () => {
    const count = 20_000
    const pairs = users(count).map((user) => [bucketOf('one', user), bucketOf('two', user)] as const)
    const bins = Array.from({ length: 16 }, () => 0)
    for (const [one, two] of pairs) {
      expect(one >= 0 && one < 1).toBe(true)
      bins[Math.floor(one * 4) * 4 + Math.floor(two * 4)]!++
    }
    // χ² with 15 degrees of freedom: above 37.7 once in a thousand, and the ids are fixed.
    const expected = count / 16
    expect(bins.reduce((sum, bin) => sum + (bin - expected) ** 2 / expected, 0)).toBeLessThan(37.7)
  })
})

describe('arms', () => {
  test('get their shares of users, and the others none', () => {
    const shares = [0.1, 0.25, 0.05]
    const arms = shares.map((share, index) => ({ name: `arm-${index}`, share }))
    const rankings = new Rankings(RANKING_DEFAULTS, [{ name: 'three', salt: 's', arms }])
    const given = users(20_000).map((user) => rankings.of(user).experiment)
    for (const [index, share] of shares.entries())
      expect(Math.abs(shareOf(given.map((each) => each === `three/arm-${index}`)) - share)).toBeLessThan(0.01)
    expect(Math.abs(shareOf(given.map((each) => each === null)) - 0.6)).toBeLessThan(0.015)
  })

  test('are kept by a user for as long as the experiment is as it is, and rank by their own settings', () => {
    const one = new Rankings(RANKING_DEFAULTS, [halves('likes')])
    const other = new Rankings(RANKING_DEFAULTS, [halves('likes')])
    for (const user of users(200)) {
      const { experiment, configuration } = one.of(user)
      expect(other.of(user).experiment).toBe(experiment)
      const { like, comment } = configuration.valueModel.config.weights
      expect(like).toBe(experiment === 'likes/treatment' ? 3 : RANKING_DEFAULTS.valueModel.weights.like)
      expect(comment).toBe(RANKING_DEFAULTS.valueModel.weights.comment)
    }
    expect(one.all.map(({ experiment }) => experiment)).toEqual([null, 'likes/control', 'likes/treatment'])
  })

  test('of a second experiment are dealt evenly among those whom the first left', () => {
    const first = { ...halves('first'), arms: [{ name: 'all', share: 0.4 }] }
    const rankings = new Rankings(RANKING_DEFAULTS, [first, halves('second')])
    const given = users(20_000).map((user) => rankings.of(user).experiment)
    const left = given.filter((each) => each !== 'first/all')
    expect(Math.abs(left.length / given.length - 0.6)).toBeLessThan(0.01)
    expect(Math.abs(shareOf(left.map((each) => each === 'second/control')) - 0.5)).toBeLessThan(0.015)
  })
})

test('rankings are replaced whole or not at all', () => {
  const rankings = new Rankings(RANKING_DEFAULTS, [halves('one')])
  const before = users(20).map((user) => rankings.of(user))
  expect(() => rankings.replace({ ...RANKING_DEFAULTS, rulesOff: ['nope'] }, [])).toThrow('rulesOff')
  expect(() => rankings.replace(RANKING_DEFAULTS, [halves('one'), halves('one')])).toThrow('experiments.name')
  expect(users(20).map((user) => rankings.of(user))).toEqual(before)
  rankings.replace({ ...RANKING_DEFAULTS, rulesOff: ['author-diversity'] }, [])
  expect(rankings.all).toHaveLength(1)
  expect(rankings.of('ada' as UserId).configuration.rules.map(({ name }) => name)).not.toContain(
    'author-diversity',
  )
})

describe('an experiment', () => {
  const [arm] = halves('x').arms
  test.each([
    [{ name: 'Upper' }, 'experiments.0.name must be 1 to 31'],
    [{ name: 'x'.repeat(32) }, 'experiments.0.name'],
    [{ name: 'everyone' }, 'experiments.0.name must be another than "everyone"'],
    [{ salt: '' }, 'experiments.0.salt'],
    [{ arms: [] }, 'experiments.0.arms must be a list of 1'],
    [
      { arms: Array.from({ length: 17 }, (_, index) => ({ name: `a${index}`, share: 0.01 })) },
      'experiments.0.arms',
    ],
    [{ arms: [{ ...arm!, share: 0 }] }, 'experiments.0.arms.0.share'],
    [{ arms: [{ ...arm!, share: 1.1 }] }, 'experiments.0.arms.0.share'],
    [{ arms: [arm!, arm!] }, 'experiments.0.arms.name must be another than "control"'],
    [
      {
        arms: [
          { ...arm!, share: 0.7 },
          { name: 'b', share: 0.4 },
        ],
      },
      'experiments.0.arms must be a list whose shares come to 1 at most',
    ],
  ] as const)('is refused by its field: %j', (change, message) => {
    expect(() => checkExperiments([{ ...halves('x'), ...change }])).toThrow(`CONFIG_INVALID: ${message}`)
  })

  test('needs a salt of its own', () => {
    expect(() => checkExperiments([halves('x'), { ...halves('y'), salt: 'x-1' }])).toThrow('experiments.salt')
    const many = Array.from({ length: EXPERIMENTS_MAX + 1 }, (_, index) => halves(`e${index}`))
    expect(() => checkExperiments(many)).toThrow(`at most ${EXPERIMENTS_MAX}`)
  })

  test('may give arms any shares that come to 1', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 16 }), (parts) => {
        const whole = parts.reduce((sum, part) => sum + part, 0)
        const arms = parts.map((part, index) => ({ name: `a${index}`, share: part / whole }))
        checkExperiments([{ name: 'x', salt: 's', arms }])
      }),
    )
  })
})
