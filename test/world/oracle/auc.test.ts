import fc from 'fast-check'
import { expect, test } from 'vitest'
import { BinnedAuc, POSITIVES_MIN } from '../../../world/oracle/auc.ts'

interface Example {
  readonly logOdds: number
  readonly isTrue: boolean
}

/** Wins of positives over negatives, pair by pair, ties half. */
const pairwise = (examples: readonly Example[]): number | null => {
  const positives = examples.filter(({ isTrue }) => isTrue)
  const negatives = examples.filter(({ isTrue }) => !isTrue)
  let wins = 0
  for (const { logOdds: one } of positives) {
    for (const { logOdds: other } of negatives) wins += one > other ? 1 : one === other ? 0.5 : 0
  }
  const pairs = positives.length * negatives.length
  return pairs === 0 ? null : wins / pairs
}

test('the area is that of all pairs, where probabilities differ by more than a bin', () => {
  const example = fc.record({ logOdds: fc.integer({ min: -40, max: 40 }), isTrue: fc.boolean() })
  fc.assert(
    fc.property(fc.array(example, { maxLength: 60 }), (examples) => {
      const auc = new BinnedAuc()
      for (const { logOdds, isTrue } of examples) auc.add(1 / (1 + Math.exp(-logOdds / 4)), isTrue)
      const expected = pairwise(examples)
      if (expected === null) expect(auc.value(1)).toBeNull()
      else expect(auc.value(1)).toBeCloseTo(expected, 9)
    }),
  )
})

test('of a few positives it says nothing', () => {
  const auc = new BinnedAuc()
  for (let example = 0; example < POSITIVES_MIN; example++) {
    expect(auc.value()).toBeNull()
    auc.add(0.9, true)
    auc.add(0.1, false)
  }
  expect(auc.value()).toBe(1)
})
