import { expect, test } from 'vitest'
import { worldWeights } from '../../bench/world-weights.ts'
import { DEFAULT_VALUE_MODEL } from '../../models/value-model.ts'
import { DEFAULT_VALUE_WEIGHTS } from '../../world/value-weights.ts'

test('a world values feeds as the value model does, negatives below 0, and by default as its default', () => {
  expect(worldWeights(DEFAULT_VALUE_MODEL)).toEqual(DEFAULT_VALUE_WEIGHTS)
  const weights = { ...DEFAULT_VALUE_MODEL.weights, follow: 7, block: 9, dwell: 0.5 }
  const told = worldWeights({ version: 'other', weights })
  expect(told.outcomes).toMatchObject({ follow_author: 7, connect_request: 7, block_author: -9, like: 1.5 })
  expect(told.dwellPerSecond).toBe(0.5)
})
