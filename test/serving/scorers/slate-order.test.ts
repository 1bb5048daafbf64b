import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Candidate } from '../../../serving/candidate.ts'
import { RULES } from '../../../serving/rules/index.ts'
import { type Above, type Rule, scaled } from '../../../serving/rules/rule.ts'
import { SlateOrder } from '../../../serving/scorers/slate-order.ts'
import { candidateLists } from '../candidates.ts'

interface Placed {
  readonly index: number
  readonly value: number
  readonly factors: readonly number[]
}

/** Looks at every candidate for every place. */
const greedy = (
  candidates: readonly Candidate[],
  bases: readonly number[],
  rules: readonly Rule[],
): Placed[] => {
  const left = new Set(candidates.keys())
  const placed: Placed[] = []
  while (left.size > 0) {
    const last = placed.at(-1)
    let best: Placed | undefined
    for (const index of left) {
      const candidate = candidates[index]!
      const above: Above = {
        ofAuthor: placed.filter((each) => candidates[each.index]!.post.authorId === candidate.post.authorId)
          .length,
        kind: last === undefined ? null : candidates[last.index]!.post.kind,
      }
      const factors = rules.map((rule) =>
        rule.scope === 'post' ? rule.factor(candidate) : rule.factor(candidate, above),
      )
      const value = [...rules.entries()]
        .sort(([, one], [, other]) => orderOf(one) - orderOf(other))
        .reduce((product, [at]) => scaled(product, factors[at]!), bases[index]!)
      if (best === undefined || value > best.value) best = { index, value, factors }
    }
    placed.push(best!)
    left.delete(best!.index)
  }
  return placed
}

/** Rules of posts come first, then those that last, so that products round alike. */
const orderOf = (rule: Rule): number => (rule.scope === 'post' ? 0 : rule.lasting ? 1 : 2)

const slates = candidateLists(40).chain((candidates) =>
  fc.tuple(
    fc.constant(candidates),
    fc.array(
      fc.integer({ min: -20, max: 40 }).map((tenths) => tenths / 10),
      {
        minLength: candidates.length,
        maxLength: candidates.length,
      },
    ),
  ),
)
const ruleSets = fc.subarray([...RULES])

describe('an order', () => {
  test('is what looking at every post for every place gives, with the same values and factors', () => {
    fc.assert(
      fc.property(slates, ruleSets, ([candidates, bases], rules) => {
        const { order, values, factors } = new SlateOrder(rules).of(candidates, Float64Array.from(bases))
        const expected = greedy(candidates, bases, rules)
        expect([...order]).toEqual(expected.map(({ index }) => index))
        expect([...values]).toEqual(expected.map(({ value }) => value))
        expect([...factors]).toEqual(expected.flatMap((each) => each.factors.map(Math.fround)))
      }),
      { numRuns: 300 },
    )
  })

  test('holds each candidate once', () => {
    fc.assert(
      fc.property(slates, ([candidates, bases]) => {
        const { order } = new SlateOrder(RULES).of(candidates, Float64Array.from(bases))
        expect([...order].sort((one, other) => one - other)).toEqual([...candidates.keys()])
      }),
    )
  })

  test('has no two videos in a row while a post of another kind is within 15 % of the second', () => {
    fc.assert(
      fc.property(slates, ([candidates, given]) => {
        const bases = given.map((base) => Math.abs(base) + 0.1)
        const rules = RULES.filter(({ name }) => name === 'kind-diversity')
        const { order } = new SlateOrder(rules).of(candidates, Float64Array.from(bases))
        for (let place = 1; place < order.length; place++) {
          const isVideo = (at: number): boolean => candidates[order[at]!]!.post.kind === 'video'
          if (!isVideo(place) || !isVideo(place - 1)) continue
          for (let later = place + 1; later < order.length; later++) {
            if (!isVideo(later))
              expect(bases[order[later]!]!).toBeLessThanOrEqual(0.85 * bases[order[place]!]!)
          }
        }
      }),
    )
  })
})
