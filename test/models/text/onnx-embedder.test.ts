import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { GraphBuilder } from '../../../models/graph/builder.ts'
import type { Value } from '../../../models/graph/graph.ts'
import { onnxModel } from '../../../models/onnx/model.ts'
import { OnnxEmbedder } from '../../../models/text/onnx-embedder.ts'
import { PIECES_MAX, WordPieces } from '../../../models/text/word-pieces.ts'

const VOCABULARY = [
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

const directories: string[] = []
afterEach(async () => {
  for (const directory of directories.splice(0)) await rm(directory, { recursive: true })
})

/** A model that answers each piece by its id times given weights: its mean is known. */
const modelIn = async (
  answer?: (graph: GraphBuilder, ids: Value) => Value,
  input = 'input_ids',
): Promise<string> => {
  const directory = await mkdtemp(join(tmpdir(), 'freshet-embedder-'))
  directories.push(directory)
  const graph = new GraphBuilder('pieces')
  const ids = graph.toFloat(graph.input(input, [1, 'pieces'], 'int64'))
  const mask = graph.toFloat(graph.input('attention_mask', [1, 'pieces'], 'int64'))
  const byPiece = (): Value => {
    const column = graph.transpose(graph.multiply(ids, mask), [1, 0])
    const weights = graph.constant('weights', [1, 3], Float32Array.of(1, -2, 0))
    return graph.reshape(graph.matMul(column, weights), [1, 'pieces', 3])
  }
  const answered = answer === undefined ? byPiece() : answer(graph, ids)
  await writeFile(
    join(directory, 'model.onnx'),
    onnxModel(graph.build([graph.named(answered, 'last_hidden_state')])),
  )
  await writeFile(join(directory, 'vocab.txt'), `${VOCABULARY.join('\n')}\n`)
  return directory
}

describe('word pieces', () => {
  const pieces = new WordPieces(VOCABULARY)
  const textOf = (text: string): string =>
    pieces
      .of(text)
      .map((id) => VOCABULARY[id])
      .join(' ')

  it('are the longest that fit, of lower-cased words without accents, and signs', () => {
    expect(textOf('Night trains to Pörto!')).toBe('[CLS] night train ##s to por ##to ! [SEP]')
    expect(textOf('駅 quince')).toBe('[CLS] 駅 [UNK] [SEP]')
    expect(textOf('')).toBe('[CLS] [SEP]')
    expect(textOf('n'.repeat(200))).toBe('[CLS] [UNK] [SEP]')
  })

  it('are no more than a model reads', () => {
    expect(pieces.of('train '.repeat(1_000))).toHaveLength(PIECES_MAX)
  })

  it('need those that every text has', () => {
    expect(() => new WordPieces(['[UNK]', '[CLS]'])).toThrow('the vocabulary has no [SEP]')
  })
})

describe('a transformer as ONNX', () => {
  it('is read from a directory, and answers the mean over pieces, of length 1', async () => {
    const embedder = await OnnxEmbedder.open(await modelIn())
    expect(embedder.dimensions).toBe(3)
    const [vector, again] = await embedder.embed(['night train', 'night train'])
    expect([...vector!]).toEqual([1, -2, 0].map((value) => expect.closeTo(value / Math.sqrt(5), 5)))
    expect(again).toEqual(vector)
    await embedder.dispose()
  })

  it('may answer one vector for the whole text', async () => {
    const whole = (graph: GraphBuilder, ids: Value): Value =>
      graph.concat([graph.sum(ids, [1], true), graph.constant('zero', [1, 1], new Float32Array(1))])
    const embedder = await OnnxEmbedder.open(await modelIn(whole))
    expect((await embedder.embed(['to'])).map((vector) => [...vector])).toEqual([[1, 0]])
    await embedder.dispose()
  })

  it('is refused where it is none, or reads what no text has', async () => {
    await expect(OnnxEmbedder.open(join(tmpdir(), 'nothing-here'))).rejects.toMatchObject({
      code: 'EMBEDDER_INVALID',
    })
    await expect(OnnxEmbedder.open(await modelIn(undefined, 'pixel_values'))).rejects.toThrow('pixel_values')
  })
})
