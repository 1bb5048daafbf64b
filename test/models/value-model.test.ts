import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { HEAD_NAMES, HEADS, type HeadName } from '../../models/heads.ts'
import { PRIOR_TASKS } from '../../models/prior/tasks.ts'
import { DEFAULT_VALUE_MODEL, ValueModel, WEIGHT_MAX } from '../../models/value-model.ts'

const config = fc.record({
  version: fc.stringMatching(/^[a-z0-9.-]{1,10}$/),
  weights: fc.record(
    Object.fromEntries(
      HEAD_NAMES.map((head) => [head, fc.double({ min: 0, max: WEIGHT_MAX, noNaN: true })]),
    ) as Record<HeadName, fc.Arbitrary<number>>,
  ),
})
const outputs = fc
  .array(
    fc.array(fc.float({ min: 0, max: 1, noNaN: true }), { minLength: HEADS.length, maxLength: HEADS.length }),
    {
      minLength: 1,
      maxLength: 20,
    },
  )
  .map((rows) => Float32Array.from(rows.flat()))

/** What a head says of a row; of dwell the seconds of whoever looks, where the head says those of whoever stays. */
const saidOf = (outputs: Float32Array, row: number, head: HeadName): number => {
  const of = (name: HeadName): number => outputs[row * HEADS.length + HEAD_NAMES.indexOf(name)]!
  return head === 'dwell' ? of('dwell') * (1 - of('skip')) : of(head)
}

/** Values are float32s, which hold no smaller numbers than these to six digits. */
const SUBNORMAL = 1e-38

describe('the value model', () => {
  test('adds up positives and dwell and takes negatives off, as said head by head', () => {
    fc.assert(
      fc.property(config, outputs, (config, outputs) => {
        const rows = outputs.length / HEADS.length
        const values = new Float32Array(rows)
        const model = new ValueModel(config)
        model.evaluate(outputs, rows, values, model.weightsFor(0))
        for (let row = 0; row < rows; row++) {
          let expected = 0
          let size = 0
          for (const { name, sign } of HEADS) {
            expected += sign * config.weights[name] * saidOf(outputs, row, name)
            size += config.weights[name]
          }
          expect(Math.abs(values[row]! - expected)).toBeLessThanOrEqual(1e-6 * size + SUBNORMAL)
        }
      }),
    )
  })

  test('its trace is what the value is made of', () => {
    fc.assert(
      fc.property(config, outputs, (config, outputs) => {
        const model = new ValueModel(config)
        const rows = outputs.length / HEADS.length
        const values = new Float32Array(rows)
        const weights = model.weightsFor(0)
        model.evaluate(outputs, rows, values, weights)
        const trace = model.trace(outputs, rows - 1, weights)
        expect(trace.map(({ head }) => head)).toEqual(HEAD_NAMES)
        for (const { probability, weight, value } of trace) expect(value).toBe(probability * weight)
        const sum = trace.reduce((sum, { value }) => sum + value, 0)
        const size = trace.reduce((size, { weight }) => size + Math.abs(weight), 0)
        expect(Math.abs(values[rows - 1]! - sum)).toBeLessThanOrEqual(1e-6 * size + SUBNORMAL)
      }),
    )
  })

  test('expects of a post that is skipped more often less dwell, stay as long as they may who do', () => {
    const model = new ValueModel(DEFAULT_VALUE_MODEL)
    const dwellOf = (skip: number): number => {
      const row = new Float32Array(HEADS.length)
      row[HEAD_NAMES.indexOf('dwell')] = 10
      row[HEAD_NAMES.indexOf('skip')] = skip
      return model.trace(row, 0, model.weightsFor(0)).find(({ head }) => head === 'dwell')!.probability
    }
    expect([dwellOf(0), dwellOf(0.5), dwellOf(1)]).toEqual([10, 5, 0])
  })

  test('writes no further than it is asked to', () => {
    const values = new Float32Array(3).fill(7)
    const model = new ValueModel(DEFAULT_VALUE_MODEL)
    model.evaluate(new Float32Array(2 * HEADS.length), 2, values, model.weightsFor(0))
    expect([...values]).toEqual([0, 0, 7])
  })
})

describe('weights', () => {
  const { version, weights } = DEFAULT_VALUE_MODEL
  const signedOf = (model: ValueModel, head: HeadName, engagements = 0): number =>
    model.weightsFor(engagements)[HEAD_NAMES.indexOf(head)]!

  test('of a typical post count a head by its base rate: equal weights, equal worth', () => {
    const ones = Object.fromEntries(HEAD_NAMES.map((head) => [head, 1]))
    const model = new ValueModel({ version, weights: ones, unit: 'typical' })
    for (const { name, sign } of HEADS)
      expect(signedOf(model, name) * PRIOR_TASKS[name].base).toBeCloseTo(sign, 12)
  })

  test('shift with how passive a viewer is: whole for none, half at the pivot, next to nothing for the busiest', () => {
    const passive = { pivot: 10, factors: { dwell: 5, like: 0.5 } }
    const model = new ValueModel({ version, weights, passive })
    const plain = new ValueModel({ version, weights })
    for (const [engagements, share] of [
      [0, 1],
      [10, 0.5],
      [1e9, 1e-8],
      [-1, 1],
    ] as const) {
      expect(signedOf(model, 'dwell', engagements)).toBeCloseTo(weights.dwell * (1 + 4 * share), 6)
      expect(signedOf(model, 'like', engagements)).toBeCloseTo(weights.like * (1 - 0.5 * share), 6)
      expect(signedOf(model, 'hide', engagements)).toBe(signedOf(plain, 'hide'))
    }
    expect(plain.weightsFor(0)).toBe(plain.weightsFor(100))
  })

  test('as they come are valid', () => {
    expect(new ValueModel(DEFAULT_VALUE_MODEL).config).toEqual(DEFAULT_VALUE_MODEL)
  })

  test.each([
    [{ version, weights: { ...weights, like: -1 } }, 'weights.like is -1: use a number from 0 to 1000'],
    [{ version, weights: { ...weights, like: 1_001 } }, 'weights.like is 1001'],
    [{ version, weights: { ...weights, like: NaN } }, 'weights.like is NaN'],
    [{ version, weights: { ...weights, like: '1' } }, 'weights.like is "1"'],
    [{ version, weights: { ...weights, like: undefined } }, 'weights.like is missing'],
    [{ version, weights: { ...weights, love: 1 } }, 'weights.love is no field'],
    [{ version, weights: [] }, 'weights is []'],
    [{ version, weights, other: 1 }, 'other is no field'],
    [{ version, weights, unit: 'post' }, 'unit is "post": use event or typical'],
    [{ version, weights, passive: 3 }, 'passive is 3'],
    [{ version, weights, passive: { pivot: 0, factors: {} } }, 'passive.pivot is 0'],
    [{ version, weights, passive: { pivot: 1 } }, 'passive.factors is missing'],
    [{ version, weights, passive: { pivot: 1, factors: { love: 1 } } }, 'passive.factors.love is no field'],
    [{ version, weights, passive: { pivot: 1, factors: { like: 21 } } }, 'passive.factors.like is 21'],
    [{ version, weights, passive: { pivot: 1, factors: {}, to: 1 } }, 'passive.to is no field'],
    [{ version: 'a b', weights }, 'version is "a b"'],
    [{ weights }, 'version is missing'],
    [null, 'the value model is null'],
  ])('%j are refused, naming the field', (config, message) => {
    expect(() => new ValueModel(config)).toThrow(`VALUE_MODEL_INVALID: ${message}`)
  })
})
