import { describe, expect, test } from 'vitest'
import { Random } from '../../../engine/driver/random.ts'
import { type ChosenPost, placeEstimates } from '../../../models/evaluation/chosen-posts.ts'
import { HEAD_NAMES, HEADS, type HeadName } from '../../../models/heads.ts'
import { DEFAULT_VALUE_MODEL, ValueModel } from '../../../models/value-model.ts'

const at = (head: HeadName): number => HEAD_NAMES.indexOf(head)
const weights = new ValueModel(DEFAULT_VALUE_MODEL).weightsFor(0)

/** Heads as float32s, as impressions log them. */
const headsOf = (said: Readonly<Partial<Record<HeadName, number>>>): Float32Array =>
  Float32Array.from(HEAD_NAMES, (head) => said[head] ?? 0)

const nothingHappened = new Float64Array(HEADS.length)

/**
 * Places that always held what they hold, and where the ranking would have shown something else: what it earns is then
 * what the model foresees of that, and no outcome corrects it.
 */
const foreseenAlone = (foreseenOfChosen: Float32Array): ReturnType<typeof placeEstimates> => {
  const place: ChosenPost = {
    propensity: 1,
    isSame: false,
    outcomes: nothingHappened,
    foreseen: headsOf({}),
    foreseenOfChosen,
    weights,
  }
  return placeEstimates([place, place])
}

describe('what is foreseen of a place', () => {
  test('is, as value, what the value model makes of the same heads', () => {
    const random = new Random(3)
    for (let run = 0; run < 50; run++) {
      const heads = Float32Array.from(HEADS, ({ output }) => random.next() * (output === 'seconds' ? 60 : 1))
      const [value] = valuesOf(heads)
      expect(foreseenAlone(heads).value.dr.value).toBeCloseTo(value!, 3)
    }
  })

  test('is, as seconds, the time of whoever looks: of who stays, less those who skip', () => {
    const secondsOf = (skip: number): number => foreseenAlone(headsOf({ dwell: 20, skip })).seconds.dr.value
    expect([0, 0.25, 1].map(secondsOf)).toEqual([20, 15, 0])
  })
})

test('heads that are right of who stays and of who skips need no correction by what happened', () => {
  const seconds = 20
  const skip = 0.25
  const outcomesOf = (isSkipped: boolean): Float64Array => {
    const outcomes = new Float64Array(HEADS.length)
    outcomes[at(isSkipped ? 'skip' : 'dwell')] = isSkipped ? 1 : seconds
    return outcomes
  }
  const heads = headsOf({ dwell: seconds, skip })
  // One of four skips, as the heads say.
  const places = Array.from({ length: 400 }, (_, index): ChosenPost => ({
    propensity: 0.5,
    isSame: true,
    outcomes: outcomesOf(index % 4 === 0),
    foreseen: heads,
    foreseenOfChosen: heads,
    weights,
  }))
  const { logged, dr } = placeEstimates(places).seconds
  expect(logged.value).toBeCloseTo(seconds * (1 - skip), 9)
  expect(dr.value).toBeCloseTo(logged.value, 9)
})

/** Of rows of heads. */
const valuesOf = (outputs: Float32Array): Float32Array => {
  const rows = outputs.length / HEADS.length
  const values = new Float32Array(rows)
  new ValueModel(DEFAULT_VALUE_MODEL).evaluate(outputs, rows, values, weights)
  return values
}
