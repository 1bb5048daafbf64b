import { InferenceSession, Tensor } from 'onnxruntime-node'
import { gradientsOf } from '../../../models/autodiff/gradients.ts'
import { GraphBuilder } from '../../../models/graph/builder.ts'
import type { Value } from '../../../models/graph/graph.ts'
import { onnxModel } from '../../../models/onnx/model.ts'

/** A tensor that a test gives. The first dimension of shapes that say `rows` is its length. */
export interface Given {
  readonly shape: readonly number[]
  readonly data: Float32Array
}

/** What a function of tensors makes of them, in the graph. */
export type Tensors = (graph: GraphBuilder, values: readonly Value[]) => Value

export interface Gradients {
  readonly derived: readonly Float32Array[]
  /** By central differences. */
  readonly numeric: readonly Float32Array[]
}

/** How far apart the two points of a difference are from the middle. */
const STEP = 1 / 64

/**
 * Gradients of Σ cᵢ·f(inputs)ᵢ, c being an uneven pattern, twice: as they are derived, and by moving each element
 * of each input. Leading dimensions of inputs in `open` are known only at run time.
 */
export const gradientsTwice = async (
  function_: Tensors,
  given: readonly Given[],
  open: readonly number[] = [],
): Promise<Gradients> => {
  const graph = new GraphBuilder('test')
  const inputs = given.map(({ shape }, index) =>
    graph.input(`x${index}`, open.includes(index) ? ['rows', ...shape.slice(1)] : shape),
  )
  const answer = function_(graph, inputs)
  const scalar = graph.sum(graph.multiply(answer, graph.input('pattern', answer.shape)))
  const gradients = gradientsOf(graph, scalar, inputs)
  const outputs = [answer, scalar, ...gradients].map((value, index) => graph.named(value, `y${index}`))
  const session = await InferenceSession.create(onnxModel(graph.build(outputs)))
  const evaluate = async (): Promise<Float32Array[]> => {
    const feeds = Object.fromEntries(
      given.map(({ shape, data }, index) => [`x${index}`, new Tensor('float32', data, shape)]),
    )
    const rows = given[open[0] ?? 0]?.shape[0]
    const shape = answer.shape.map((dimension) => (typeof dimension === 'string' ? rows! : dimension))
    const size = shape.reduce((product, length) => product * length, 1)
    const pattern = Float32Array.from({ length: size }, (_, index) => 0.5 + ((index * 7) % 11) / 11)
    const run = await session.run({ ...feeds, pattern: new Tensor('float32', pattern, shape) })
    return outputs.map(({ name }) => run[name]!.data as Float32Array)
  }
  const derived = (await evaluate()).slice(2)
  const numeric: Float32Array[] = []
  for (const { data } of given) {
    const slopes = new Float32Array(data.length)
    for (const [index, value] of data.entries()) {
      const at = async (moved: number): Promise<number> => {
        data[index] = moved
        const [answers] = await evaluate()
        return answers!.reduce((sum, each, place) => sum + each * (0.5 + ((place * 7) % 11) / 11), 0)
      }
      slopes[index] = ((await at(value + STEP)) - (await at(value - STEP))) / (2 * STEP)
      data[index] = value
    }
    numeric.push(slopes)
  }
  await session.release()
  return { derived, numeric }
}

/** The largest difference, relative to the size of what is compared; 1 is allowed for sizes near zero. */
export const differenceOf = ({ derived, numeric }: Gradients): number =>
  Math.max(
    ...numeric.flatMap((slopes, input) =>
      Array.from(slopes, (slope, index) => Math.abs(slope - derived[input]![index]!) / (1 + Math.abs(slope))),
    ),
  )
