import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { POST_KINDS } from '../../../schemas/posts/index.ts'
import { SOURCES } from '../../../serving/candidate.ts'
import { authorDiversity } from '../../../serving/rules/author-diversity.ts'
import { RULES } from '../../../serving/rules/index.ts'
import { outOfNetwork } from '../../../serving/rules/out-of-network.ts'
import { type Rule, scaled } from '../../../serving/rules/rule.ts'
import { candidateLists } from '../candidates.ts'

const above = fc.record({
  ofAuthor: fc.nat(500),
  kind: fc.option(fc.constantFrom(...POST_KINDS)),
})

describe.each(RULES.map((rule): [string, Rule] => [rule.name, rule]))('rule %s', (_name, rule) => {
  test('stays within its bounds, whatever the post and what is above it', () => {
    fc.assert(
      fc.property(candidateLists(5), above, (candidates, slate) => {
        for (const candidate of candidates) {
          const factor = rule.scope === 'post' ? rule.factor(candidate) : rule.factor(candidate, slate)
          expect(factor).toBeGreaterThanOrEqual(rule.min)
          expect(factor).toBeLessThanOrEqual(rule.max)
        }
      }),
    )
    expect(rule.min).toBeGreaterThan(0)
  })
})

test('rules that last never answer more as posts of an author add up', () => {
  fc.assert(
    fc.property(candidateLists(5), above, fc.nat(3), (candidates, slate, more) => {
      for (const rule of RULES) {
        if (rule.scope !== 'slate' || !rule.lasting) continue
        for (const candidate of candidates) {
          const later = { ...slate, ofAuthor: slate.ofAuthor + more }
          expect(rule.factor(candidate, later)).toBeLessThanOrEqual(rule.factor(candidate, slate))
        }
      }
    }),
  )
})

test('a post by nobody and nothing that the viewer chose is worth three quarters, a carried one too', () => {
  const [candidate] = fc.sample(
    candidateLists(1).filter(({ length }) => length === 1),
    1,
  )[0]!
  const less = SOURCES.filter((source) => outOfNetwork.factor({ ...candidate!, source }) === 0.75)
  expect(less).toEqual(['carried', 'trending', 'retrieval'])
})

test('the second post of an author is worth five eighths, the third seven sixteenths, and none less than a quarter', () => {
  const [candidate] = fc.sample(
    candidateLists(1).filter(({ length }) => length === 1),
    1,
  )[0]!
  const factors = [0, 1, 2, 1_000].map((ofAuthor) =>
    authorDiversity.factor(candidate!, { ofAuthor, kind: null }),
  )
  expect(factors.slice(0, 3)).toEqual([1, 0.625, 0.4375])
  expect(factors[3]).toBeCloseTo(0.25, 9)
})

test('a factor below one lowers every value, those below zero too', () => {
  const values = fc.double({ min: -1e6, max: 1e6, noNaN: true })
  fc.assert(
    fc.property(values, fc.double({ min: 0.05, max: 1, noNaN: true }), (value, factor) => {
      expect(scaled(value, factor)).toBeLessThanOrEqual(value)
      expect(scaled(value, 1)).toBe(value)
    }),
  )
})
