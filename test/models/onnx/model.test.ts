import { InferenceSession, Tensor } from 'onnxruntime-node'
import { expect, test } from 'vitest'
import { GraphBuilder } from '../../../models/graph/builder.ts'
import type { Value } from '../../../models/graph/graph.ts'
import { onnxModel } from '../../../models/onnx/model.ts'

/** Runs what `answer` makes of a 2 × 3 input. */
const run = async (
  answer: (graph: GraphBuilder, input: Value) => Value,
  data: readonly number[],
): Promise<number[]> => {
  const graph = new GraphBuilder('test')
  const built = graph.build([graph.named(answer(graph, graph.input('x', ['rows', 3])), 'y')])
  const session = await InferenceSession.create(onnxModel(built))
  const { y } = await session.run({ x: new Tensor('float32', Float32Array.from(data), [data.length / 3, 3]) })
  await session.release()
  return Array.from(y!.data as Float32Array)
}

const close = (values: readonly number[]): unknown[] => values.map((value) => expect.closeTo(value, 5))

test('the runtime loads what is written and does what the builder says', async () => {
  const data = [1, -2, 3, 0, 5, -6]
  expect(await run((graph, x) => graph.relu(x), data)).toEqual([1, 0, 3, 0, 5, 0])
  expect(await run((graph, x) => graph.clip(x, -1, 2), data)).toEqual([1, -1, 2, 0, 2, -1])
  expect(await run((graph, x) => graph.slice(x, 1, 3), data)).toEqual([-2, 3, 5, -6])
  expect(await run((graph, x) => graph.transpose(x, [1, 0]), data)).toEqual([1, 0, -2, 5, 3, -6])
  expect(await run((graph, x) => graph.softmax(x), [0, 0, 0])).toEqual(close([1 / 3, 1 / 3, 1 / 3]))
  expect(await run((graph, x) => graph.reshape(x, ['rows', 3, 1]), data)).toEqual(data)
  expect(
    await run(
      (graph, x) => graph.where(graph.less(x, graph.scalar('zero', 0)), graph.exp(x), graph.log(x)),
      [1, -1, Math.E],
    ),
  ).toEqual(close([0, Math.exp(-1), 1]))
  expect(
    await run(
      (graph, x) => graph.where(graph.flags('pick', [true, false, true]), x, graph.sigmoid(x)),
      [7, 0, 8],
    ),
  ).toEqual([7, 0.5, 8])
  expect(
    await run((graph, x) => {
      const w = graph.parameter('w', [3, 1], Float32Array.of(1, 10, 100))
      return graph.concat([graph.matMul(x, w), graph.minimum(x, graph.scalar('cap', 2))])
    }, data),
  ).toEqual([281, 1, -2, 2, -550, 0, 2, -6])
  expect(
    await run((graph, x) => {
      const centred = graph.subtract(x, graph.constant('mean', [3], Float32Array.of(1, 2, 3)))
      return graph.maximum(graph.multiply(centred, graph.scalar('scale', 2)), graph.scalar('floor', -3))
    }, data),
  ).toEqual([0, -3, 0, -2, 6, -3])
})

test('the same graph gives the same bytes', () => {
  const bytes = (): Uint8Array => {
    const graph = new GraphBuilder('test')
    return onnxModel(graph.build([graph.named(graph.relu(graph.input('x', ['rows', 3])), 'y')]))
  }
  expect(Buffer.compare(bytes(), bytes())).toBe(0)
})
