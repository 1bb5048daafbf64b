import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { GraphBuilder } from '../../../models/graph/builder.ts'
import type { Value } from '../../../models/graph/graph.ts'
import { onnxModel } from '../../../models/onnx/model.ts'
import { temporaryDirectory } from '../../cli/temporary.ts'

export const VOCABULARY = [
  '[PAD]',
  '[UNK]',
  '[CLS]',
  '[SEP]',
  'night',
  'train',
  '##s',
  'to',
  'por',
  '##to',
  '!',
  '駅',
]

/** What a model makes of the ids of pieces, [1, pieces] as floats. */
export type Answer = (graph: GraphBuilder, ids: Value) => Value

/** Each piece by its id times given weights: their mean is known. */
export const byPiece =
  (weights: readonly number[]): Answer =>
  (graph, ids) => {
    const column = graph.transpose(ids, [1, 0])
    const row = graph.constant('weights', [1, weights.length], Float32Array.from(weights))
    return graph.reshape(graph.matMul(column, row), [1, 'pieces', weights.length])
  }

/** The whole text by the sum of its ids, with a number beside it: its direction tells texts apart. */
export const bySum =
  (beside: number): Answer =>
  (graph, ids) =>
    graph.concat([graph.sum(ids, [1], true), graph.constant('beside', [1, 1], Float32Array.of(beside))])

/** A directory as encoders are exported, with a model of a few operators; gone after the test. */
export const modelIn = async (answer = byPiece([1, -2, 0]), input = 'input_ids'): Promise<string> => {
  const directory = await temporaryDirectory()
  const graph = new GraphBuilder('pieces')
  const ids = graph.toFloat(graph.input(input, [1, 'pieces'], 'int64'))
  const mask = graph.toFloat(graph.input('attention_mask', [1, 'pieces'], 'int64'))
  const answered = graph.named(answer(graph, graph.multiply(ids, mask)), 'last_hidden_state')
  await writeFile(join(directory, 'model.onnx'), onnxModel(graph.build([answered])))
  await writeFile(join(directory, 'vocab.txt'), `${VOCABULARY.join('\n')}\n`)
  return directory
}
