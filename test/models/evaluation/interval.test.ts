import { expect, test } from 'vitest'
import { deviationsBeyond } from '../../../models/evaluation/interval.ts'

test('a normal draw is beyond so many standard errors as seldom as tables say', () => {
  for (const [probability, deviations] of [
    [0.5, 0],
    [0.158_655_3, 1],
    [0.05, 1.644_853_6],
    [0.025, 1.959_964],
    [0.001_349_9, 3],
    [2.866_5e-7, 5],
  ] as const)
    expect(Math.abs(deviationsBeyond(probability) - deviations)).toBeLessThan(4.5e-4)
})
