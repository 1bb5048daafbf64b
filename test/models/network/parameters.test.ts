import { expect, test } from 'vitest'
import { Random } from '../../../engine/driver/random.ts'
import { START_BOUND } from '../../../models/embeddings/start-values.ts'
import { checkParameters, initialParameters, parameterSlots } from '../../../models/network/parameters.ts'
import { HEAVY_NETWORK } from '../../../models/rankers.ts'
import { answerOf } from './oracle.ts'
import { sampleContents, sampleParameters, sampleRows, sampleVectors } from './sample.ts'

const seeded = (seed: number): (() => number) => {
  const random = new Random(seed)
  return () => random.next()
}

test('values to start from are a function of the seed, within their bounds, and fit', () => {
  const parameters = initialParameters(HEAVY_NETWORK, seeded(1))
  expect(initialParameters(HEAVY_NETWORK, seeded(1))).toEqual(parameters)
  expect(initialParameters(HEAVY_NETWORK, seeded(2))).not.toEqual(parameters)
  expect(() => checkParameters(HEAVY_NETWORK, parameters)).not.toThrow()
  for (const { name, shape, start } of parameterSlots(HEAVY_NETWORK)) {
    const values = parameters.get(name)!
    const bound = { spread: Math.sqrt(6 / shape.at(-2)!), small: START_BOUND, zero: 0, one: 1 }[start]
    expect(Math.max(...values.map(Math.abs)), name).toBeLessThanOrEqual(Math.fround(bound))
    if (start === 'spread' || start === 'small')
      expect(new Set(values).size, name).toBeGreaterThan(values.length / 2)
  }
})

test('a network begins as its wide part over the columns alone', () => {
  const random = new Random(3)
  const parameters = initialParameters(HEAVY_NETWORK, () => random.next())
  const wide = sampleParameters(HEAVY_NETWORK, random)
  for (const name of ['wide.weights', 'wide.bias']) parameters.set(name, wide.get(name)!)
  const row = sampleRows(1, HEAVY_NETWORK.row.width, random)
  const { deep: _, embeddings: __, ...wideOnly } = HEAVY_NETWORK
  const vectors = sampleVectors(HEAVY_NETWORK, 1, random)
  const contents = sampleContents(HEAVY_NETWORK, 1, random)
  expect(answerOf(HEAVY_NETWORK, parameters, row, vectors, contents)).toEqual(
    answerOf(wideOnly, parameters, row),
  )
})

test('what is missing, of another size or not finite is refused by name', () => {
  const refused = (change: (parameters: Map<string, Float32Array>) => void, message: string): void => {
    const parameters = initialParameters(HEAVY_NETWORK, seeded(1))
    change(parameters)
    expect(() => checkParameters(HEAVY_NETWORK, parameters)).toThrow(
      `NETWORK_INVALID: network heavy: ${message}`,
    )
  }
  refused((parameters) => parameters.delete('gates.bias'), 'parameter gates.bias is missing')
  refused(
    (parameters) => parameters.set('wide.bias', new Float32Array(2)),
    'parameter wide.bias has 2 values',
  )
  refused((parameters) => (parameters.get('wide.bias')![1] = NaN), 'parameter wide.bias holds NaN at 1')
})
