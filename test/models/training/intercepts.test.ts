import fc from 'fast-check'
import { expect, test } from 'vitest'
import { HEADS } from '../../../models/heads.ts'
import { ParameterLayout } from '../../../models/network/parameter-layout.ts'
import { HEAVY_NETWORK } from '../../../models/rankers.ts'
import { INTERCEPT_DOUBT, INTERCEPT_ROWS, Intercepts } from '../../../models/training/intercepts.ts'

const layout = new ParameterLayout(HEAVY_NETWORK)
const { from } = layout.learned.find(({ name }) => name === 'wide.bias')!
const intercepts = new Intercepts(HEAVY_NETWORK)
const width = HEADS.length

test('moves each probability by what its batch lacked, in proportion to how much that says', () => {
  const value = fc.record({
    logit: fc.float({ min: -8, max: 8, noNaN: true }),
    label: fc.constantFrom(0, 1),
    weight: fc.constantFrom(0, 1, 2),
  })
  fc.assert(
    fc.property(
      fc.array(fc.array(value, { minLength: width, maxLength: width }), { minLength: 1, maxLength: 9 }),
      (rows) => {
        const all = rows.flat()
        const batch = {
          count: rows.length,
          weights: Float32Array.from(all, ({ weight }) => weight),
          targets: Float32Array.from(all, ({ label, weight }) => label * Math.max(1, weight)),
        }
        const parameters = new Float32Array(layout.size).fill(0.5)
        intercepts.move(
          batch,
          Float32Array.from(all, ({ logit }) => logit),
          parameters,
        )
        for (const [head, { output }] of HEADS.entries()) {
          const ofHead = rows.map((row, index) => {
            const p = 1 / (1 + Math.exp(-row[head]!.logit))
            const at = index * width + head
            return {
              lack: batch.targets[at]! - batch.weights[at]! * p,
              doubt: batch.weights[at]! * p * (1 - p),
            }
          })
          const lack = ofHead.reduce((sum, each) => sum + each.lack, 0)
          const doubt = ofHead.reduce((sum, each) => sum + each.doubt, 0)
          const step = lack / Math.max(INTERCEPT_DOUBT, (doubt * INTERCEPT_ROWS) / rows.length)
          expect(parameters[from + head]).toBeCloseTo(output === 'probability' ? 0.5 + step : 0.5, 5)
        }
        expect(parameters.filter((each) => each !== 0.5).length).toBeLessThanOrEqual(width)
      },
    ),
  )
})

test('what is foreseen in all comes to what happens, of something rare and of something that grows rarer', () => {
  const head = HEADS.findIndex(({ name }) => name === 'comment')
  const parameters = new Float32Array(layout.size)
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
    intercepts.move({ count: rows, weights, targets }, new Float32Array(rows * width).fill(logit), parameters)
  }
  expect(foreseen / happened).toBeGreaterThan(0.99)
  expect(foreseen / happened).toBeLessThan(1.02)
})
