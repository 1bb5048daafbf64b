import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { HEAD_NAMES, HEADS, type HeadName } from '../../models/heads.ts'
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

describe('the value model', () => {
  test('adds up positives and dwell and takes negatives off, as said head by head', () => {
    fc.assert(
      fc.property(config, outputs, (config, outputs) => {
        const rows = outputs.length / HEADS.length
        const values = new Float32Array(rows)
        new ValueModel(config).evaluate(outputs, rows, values)
        for (let row = 0; row < rows; row++) {
          let expected = 0
          for (const [index, { name, sign }] of HEADS.entries()) {
            expected += sign * config.weights[name] * outputs[row * HEADS.length + index]!
          }
          expect(values[row]).toBe(Math.fround(expected))
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
        model.evaluate(outputs, rows, values)
        const trace = model.trace(outputs, rows - 1)
        expect(trace.map(({ head }) => head)).toEqual(HEAD_NAMES)
        for (const { probability, weight, value } of trace) expect(value).toBe(probability * weight)
        expect(Math.fround(trace.reduce((sum, { value }) => sum + value, 0))).toBe(values[rows - 1])
      }),
    )
  })

  test('writes no further than it is asked to', () => {
    const values = new Float32Array(3).fill(7)
    new ValueModel(DEFAULT_VALUE_MODEL).evaluate(new Float32Array(2 * HEADS.length), 2, values)
    expect([...values]).toEqual([0, 0, 7])
  })
})

describe('weights', () => {
  const { version, weights } = DEFAULT_VALUE_MODEL

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
    [{ version: 'a b', weights }, 'version is "a b"'],
    [{ weights }, 'version is missing'],
    [null, 'the value model is null'],
  ])('%j are refused, naming the field', (config, message) => {
    expect(() => new ValueModel(config)).toThrow(`VALUE_MODEL_INVALID: ${message}`)
  })
})
