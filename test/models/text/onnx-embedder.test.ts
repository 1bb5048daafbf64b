import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { OnnxEmbedder } from '../../../models/text/onnx-embedder.ts'
import { PIECES_MAX, WordPieces } from '../../../models/text/word-pieces.ts'
import { EMBEDDING_DIMENSIONS_MAX } from '../../../schemas/posts/index.ts'
import { byPiece, bySum, modelIn, VOCABULARY } from './model-directory.ts'

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
    const embedder = await OnnxEmbedder.open(await modelIn(bySum(0)))
    expect((await embedder.embed(['to'])).map((vector) => [...vector])).toEqual([[1, 0]])
    await embedder.dispose()
  })

  it('is refused where it reads what no text has', async () => {
    await expect(OnnxEmbedder.open(await modelIn(undefined, 'pixel_values'))).rejects.toThrow('pixel_values')
  })

  it.each([
    ['vocab.txt', '[CLS]\n[SEP]\n', 'the vocabulary has no [UNK]'],
    ['vocab.txt', null, 'ENOENT'],
    ['model.onnx', 'no graph', 'Protobuf parsing failed'],
    ['model.onnx', null, "File doesn't exist"],
  ])('is refused by the name of its %s where that holds %j', async (name, content, reason) => {
    const directory = await modelIn()
    const file = join(directory, name)
    await (content === null ? rm(file) : writeFile(file, content))
    const opened = OnnxEmbedder.open(directory)
    await expect(opened).rejects.toMatchObject({ code: 'EMBEDDER_INVALID' })
    await expect(opened).rejects.toThrow(`${file}: `)
    await expect(opened).rejects.toThrow(reason)
  })

  it('is refused where a vector is longer the longer the text', async () => {
    await expect(OnnxEmbedder.open(await modelIn((_, ids) => ids))).rejects.toThrow(
      `it answers 2 dimensions of a short text and ${PIECES_MAX} of a long one`,
    )
  })

  it('is refused where its vectors have more dimensions than a post may carry, and taken with as many', async () => {
    const model = (dimensions: number): Promise<string> =>
      modelIn(byPiece(Array.from({ length: dimensions }, (_, index) => Math.cos(index))))
    await expect(OnnxEmbedder.open(await model(EMBEDDING_DIMENSIONS_MAX + 1))).rejects.toMatchObject({
      code: 'EMBEDDER_TOO_WIDE',
      detail: expect.stringMatching(
        /model\.onnx: its vectors have 1025 dimensions, a post carries at most 1024$/,
      ),
    })
    const widest = await OnnxEmbedder.open(await model(EMBEDDING_DIMENSIONS_MAX))
    expect(widest.dimensions).toBe(EMBEDDING_DIMENSIONS_MAX)
    await widest.dispose()
  })
})
