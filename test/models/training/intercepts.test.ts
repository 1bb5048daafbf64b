import fc from 'fast-check'
import { expect, test } from 'vitest'
import { HEADS } from '../../../models/heads.ts'
import { ParameterLayout } from '../../../models/network/parameter-layout.ts'
import { HEAVY_NETWORK } from '../../../models/rankers.ts'
import {
  DOUBT_ROWS,
  INTERCEPT_DOUBT,
  INTERCEPT_ROWS,
  Intercepts,
  noDoubts,
} from '../../../models/training/intercepts.ts'

const layout = new ParameterLayout(HEAVY_NETWORK)
const { from } = layout.learned.find(({ name }) => name === 'wide.bias')!
const intercepts = new Intercepts(HEAVY_NETWORK)
const width = HEADS.length

const chance = (logit: number): number => 1 / (1 + Math.exp(-logit))

test('moves each probability by what its batch lacked, in proportion to how much rows before it had to say', () => {
  const value = fc.record({
    logit: fc.float({ min: -8, max: 8, noNaN: true }),
    label: fc.constantFrom(0, 1),
    weight: fc.constantFrom(0, 1, 2),
  })
  const row = fc.array(value, { minLength: width, maxLength: width })
  const batches = fc.array(fc.array(row, { minLength: 1, maxLength: 9 }), { minLength: 1, maxLength: 4 })
  fc.assert(
    fc.property(batches, (all) => {
      const parameters = new Float32Array(layout.size).fill(0.5)
      const doubts = noDoubts(width)
      const expected = HEADS.map(() => 0.5)
      const before: { readonly age: number; readonly doubts: readonly number[] }[] = []
      for (const rows of all) {
        const values = rows.flat()
        const weights = Float32Array.from(values, ({ weight }) => weight)
        const targets = Float32Array.from(values, ({ label, weight }) => label * Math.max(1, weight))
        const logits = Float32Array.from(values, ({ logit }) => logit)
        intercepts.move({ count: rows.length, weights, targets }, logits, parameters, doubts)
        const own = rows.map((each) =>
          each.map(({ logit, weight }) => weight * chance(logit) * (1 - chance(logit))),
        )
        const told = before.length > 0 ? before : own.map((each) => ({ age: 0, doubts: each }))
        for (const [head, { output }] of HEADS.entries()) {
          if (output !== 'probability') continue
          let lack = 0
          for (const [index, each] of rows.entries()) {
            const { logit, weight } = each[head]!
            lack += targets[index * width + head]! - weight * chance(logit)
          }
          const counts = told.map(({ age }) => (1 - 1 / DOUBT_ROWS) ** age)
          const rowsTold = counts.reduce((sum, count) => sum + count, 0)
          const doubt = told.reduce((sum, each, index) => sum + counts[index]! * each.doubts[head]!, 0)
          expected[head]! += lack / Math.max(INTERCEPT_DOUBT, (doubt / rowsTold) * INTERCEPT_ROWS)
        }
        for (const [index, each] of before.entries()) before[index] = { ...each, age: each.age + rows.length }
        for (const each of own) before.push({ age: 0, doubts: each })
      }
      for (const [head, each] of expected.entries()) expect(parameters[from + head]).toBeCloseTo(each, 4)
      expect(parameters.filter((each) => each !== 0.5).length).toBeLessThanOrEqual(width)
    }),
  )
})

test('does not drift where negatives come first and what is positive of them in batches of its own', () => {
  const head = HEADS.findIndex(({ name }) => name === 'click')
  const parameters = new Float32Array(layout.size)
  const rows = 256
  const positives = 26
  const logit = Math.log(positives / (rows - positives))
  parameters[from + head] = logit
  const doubts = noDoubts(width)
  const negatives = new Float32Array(rows * width).fill(1)
  const nothing = new Float32Array(rows * width)
  const reactions = new Float32Array(rows * width).map((_, at) =>
    at % width === head && at < positives * width ? 1 : 0,
  )
  // What is foreseen hangs on the network too: here it is right all the time, whatever the intercept.
  const logits = new Float32Array(rows * width).fill(logit)
  const turns = 500
  for (let turn = 0; turn < turns; turn++) {
    intercepts.move({ count: rows, weights: negatives, targets: nothing }, logits, parameters, doubts)
    intercepts.move({ count: rows, weights: nothing, targets: reactions }, logits, parameters, doubts)
  }
  const step = positives / ((doubts.sums[head]! / doubts.rows) * INTERCEPT_ROWS)
  expect(Math.abs(parameters[from + head]! - logit)).toBeLessThan(0.02 * turns * step)
})

test('what is foreseen in all comes to what happens, of something rare and of something that grows rarer', () => {
  const head = HEADS.findIndex(({ name }) => name === 'comment')
  const parameters = new Float32Array(layout.size)
  const doubts = noDoubts(width)
  parameters[from + head] = -2
  const rows = 256
  let foreseen = 0
  let happened = 0
  let owed = 0
  for (let batch = 0; batch < 2_000; batch++) {
    const rate = 0.04 * 0.9995 ** batch
    const logit = parameters[from + head]!
    owed += rows * rate
    const positives = Math.floor(owed)
    owed -= positives
    if (batch >= 200) {
      foreseen += rows / (1 + Math.exp(-logit))
      happened += positives
    }
    const weights = new Float32Array(rows * width).fill(1)
    const targets = new Float32Array(rows * width)
    for (let row = 0; row < positives; row++) targets[row * width + head] = 1
    const logits = new Float32Array(rows * width).fill(logit)
    intercepts.move({ count: rows, weights, targets }, logits, parameters, doubts)
  }
  expect(foreseen / happened).toBeGreaterThan(0.99)
  expect(foreseen / happened).toBeLessThan(1.02)
})
