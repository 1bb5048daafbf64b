import { InferenceSession, Tensor } from 'onnxruntime-node'
import { describe, expect, test } from 'vitest'
import { Random } from '../../../engine/driver/random.ts'
import type { NetworkDefinition } from '../../../models/network/definition.ts'
import type { Parameters } from '../../../models/network/parameters.ts'
import { INPUT, OUTPUT, servingGraph } from '../../../models/network/serving-graph.ts'
import { onnxModel } from '../../../models/onnx/model.ts'
import { HEAVY_NETWORK, LIGHT_NETWORK } from '../../../models/rankers.ts'
import { answerOf } from './oracle.ts'
import { sampleNetwork, sampleParameters, sampleRows } from './sample.ts'

const NETWORKS = 150
const ROWS = 7

const run = async (
  definition: NetworkDefinition,
  parameters: Parameters,
  rows: Float32Array,
): Promise<Float32Array> => {
  const session = await InferenceSession.create(onnxModel(servingGraph(definition, parameters)))
  const input = new Tensor('float32', rows, [rows.length / definition.row.width, definition.row.width])
  const answer = await session.run({ [INPUT]: input })
  await session.release()
  return answer[OUTPUT]!.data as Float32Array
}

const expectSame = (
  definition: NetworkDefinition,
  parameters: Parameters,
  rows: Float32Array,
  answers: Float32Array,
): void => {
  const { width } = definition.row
  const heads = definition.heads.length
  for (let row = 0; row * width < rows.length; row++) {
    const expected = answerOf(definition, parameters, rows.subarray(row * width, (row + 1) * width))
    for (const [head, value] of expected.entries()) {
      const difference = Math.abs(answers[row * heads + head]! - value)
      expect(difference, `row ${row}, head ${head}: ${value}`).toBeLessThan(1e-4 * (1 + Math.abs(value)))
    }
  }
}

describe('the serving graph', () => {
  test('answers what the network is said to be, whatever its shape, weights and rows', async () => {
    for (let seed = 0; seed < NETWORKS; seed++) {
      const random = new Random(seed)
      const definition = sampleNetwork(random)
      const parameters = sampleParameters(definition, random)
      const rows = sampleRows(ROWS, definition.row.width, random)
      expectSame(definition, parameters, rows, await run(definition, parameters, rows))
    }
  })

  test.each([HEAVY_NETWORK, LIGHT_NETWORK])('does so for the rankers: $name', async (definition) => {
    const random = new Random(1)
    const parameters = sampleParameters(definition, random)
    const rows = sampleRows(ROWS, definition.row.width, random)
    expectSame(definition, parameters, rows, await run(definition, parameters, rows))
  })

  test('answers a row alike, whatever rows it comes with', async () => {
    const random = new Random(2)
    const parameters = sampleParameters(HEAVY_NETWORK, random)
    const rows = sampleRows(3, HEAVY_NETWORK.row.width, random)
    const all = await run(HEAVY_NETWORK, parameters, rows)
    const last = await run(HEAVY_NETWORK, parameters, rows.slice(2 * HEAVY_NETWORK.row.width))
    for (const [head, value] of last.entries()) {
      expect(all[2 * HEAVY_NETWORK.heads.length + head]).toBeCloseTo(value, 4)
    }
  })
})
