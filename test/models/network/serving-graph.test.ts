import { InferenceSession, Tensor } from 'onnxruntime-node'
import { describe, expect, test } from 'vitest'
import { Random } from '../../../engine/driver/random.ts'
import { type NetworkDefinition, withoutEmbeddings } from '../../../models/network/definition.ts'
import { CONTENTS_INPUT, EMBEDDINGS_INPUT, INPUT } from '../../../models/network/forward.ts'
import type { Parameters } from '../../../models/network/parameters.ts'
import { OUTPUT, servingGraph } from '../../../models/network/serving-graph.ts'
import { onnxModel } from '../../../models/onnx/model.ts'
import { HEAVY_NETWORK, LIGHT_NETWORK } from '../../../models/rankers.ts'
import { answerOf } from './oracle.ts'
import { sampleContents, sampleNetwork, sampleParameters, sampleRows, sampleVectors } from './sample.ts'

const NETWORKS = 150
const ROWS = 7

interface Case {
  readonly definition: NetworkDefinition
  readonly parameters: Parameters
  readonly rows: Float32Array
  readonly vectors: Float32Array | undefined
  readonly contents: Float32Array | undefined
}

const caseOf = (definition: NetworkDefinition, random: Random, rows = ROWS): Case => ({
  definition,
  parameters: sampleParameters(definition, random),
  rows: sampleRows(rows, definition.row.width, random),
  vectors: sampleVectors(definition, rows, random),
  contents: sampleContents(definition, rows, random),
})

const run = async ({ definition, parameters, rows, vectors, contents }: Case): Promise<Float32Array> => {
  const session = await InferenceSession.create(onnxModel(servingGraph(definition, parameters)))
  const count = rows.length / definition.row.width
  const answer = await session.run({
    [INPUT]: new Tensor('float32', rows, [count, definition.row.width]),
    ...(vectors && { [EMBEDDINGS_INPUT]: new Tensor('float32', vectors, [count, vectors.length / count]) }),
    ...(contents && {
      [CONTENTS_INPUT]: new Tensor('float32', contents, [count, contents.length / count]),
    }),
  })
  await session.release()
  return answer[OUTPUT]!.data as Float32Array
}

/** The part of an array that belongs to one of some rows. */
const partOf = (values: Float32Array, row: number, rows: number): Float32Array =>
  values.slice((row * values.length) / rows, ((row + 1) * values.length) / rows)

const expectSame = (
  { definition, parameters, rows, vectors, contents }: Case,
  answers: Float32Array,
): void => {
  const count = rows.length / definition.row.width
  for (let row = 0; row < count; row++) {
    const own = vectors && partOf(vectors, row, count)
    const about = contents && partOf(contents, row, count)
    const expected = answerOf(definition, parameters, partOf(rows, row, count), own, about)
    for (const [head, value] of expected.entries()) {
      const difference = Math.abs(answers[row * definition.heads.length + head]! - value)
      expect(difference, `row ${row}, head ${head}: ${value}`).toBeLessThan(1e-4 * (1 + Math.abs(value)))
    }
  }
}

describe('the serving graph', () => {
  test('answers what the network is said to be, whatever its shape, weights and rows', async () => {
    for (let seed = 0; seed < NETWORKS; seed++) {
      const random = new Random(seed)
      const each = caseOf(sampleNetwork(random), random)
      expectSame(each, await run(each))
    }
  })

  test.each([HEAVY_NETWORK, LIGHT_NETWORK])('does so for the rankers: $name', async (definition) => {
    const each = caseOf(definition, new Random(1))
    expectSame(each, await run(each))
  })

  test('answers a row alike, whatever rows it comes with', async () => {
    const each = caseOf(HEAVY_NETWORK, new Random(2), 3)
    const all = await run(each)
    const last = await run({
      ...each,
      rows: partOf(each.rows, 2, 3),
      vectors: partOf(each.vectors!, 2, 3),
      contents: partOf(each.contents!, 2, 3),
    })
    for (const [head, value] of last.entries()) {
      expect(all[2 * HEAVY_NETWORK.heads.length + head]).toBeCloseTo(value, 4)
    }
  })

  test('answers without vectors what it does with vectors and contents of zeros', async () => {
    const each = caseOf(HEAVY_NETWORK, new Random(3))
    const zeros = await run({
      ...each,
      vectors: new Float32Array(each.vectors!.length),
      contents: new Float32Array(each.contents!.length),
    })
    const without = await run({
      ...each,
      definition: withoutEmbeddings(HEAVY_NETWORK),
      vectors: undefined,
      contents: undefined,
    })
    expect(Array.from(without)).toEqual(Array.from(zeros, (value) => expect.closeTo(value, 4)))
  })
})
