import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { ModelError } from '../errors.ts'
import type { TextEmbedder } from './embedder.ts'
import { WordPieces } from './word-pieces.ts'

const MODEL_FILE = 'model.onnx'
const VOCABULARY_FILE = 'vocab.txt'
/** What sentence encoders of the BERT family read, as far as they ask for it. */
const INPUTS: Readonly<Record<string, bigint | null>> = {
  input_ids: null,
  attention_mask: 1n,
  token_type_ids: 0n,
}

/**
 * A transformer as ONNX: a directory with `model.onnx` and `vocab.txt` (a piece a line), as sentence encoders are
 * exported. Its first output is read: [1, pieces, dimensions], whose mean is taken, or [1, dimensions]. Runs block
 * their thread: not for the one that serves.
 */
export class OnnxEmbedder implements TextEmbedder {
  readonly dimensions: number
  private readonly session: InferenceSession
  private readonly pieces: WordPieces

  private constructor(session: InferenceSession, pieces: WordPieces, dimensions: number) {
    this.session = session
    this.pieces = pieces
    this.dimensions = dimensions
  }

  /** Throws `EMBEDDER_INVALID` for a directory that holds no such model. */
  static async open(directory: string): Promise<OnnxEmbedder> {
    try {
      const vocabulary = await readFile(join(directory, VOCABULARY_FILE), 'utf8')
      const pieces = new WordPieces(vocabulary.trimEnd().split(/\r?\n/))
      const session = await InferenceSession.create(join(directory, MODEL_FILE), {
        intraOpNumThreads: 1,
        interOpNumThreads: 1,
      })
      const strange = session.inputNames.find((name) => !Object.hasOwn(INPUTS, name))
      if (strange !== undefined) throw new RangeError(`it reads ${strange}, which no text has`)
      const probe = await embedded(session, pieces.of(''))
      return new OnnxEmbedder(session, pieces, probe.length)
    } catch (cause) {
      throw new ModelError('EMBEDDER_INVALID', `${directory}: ${String(cause)}`, { cause })
    }
  }

  async embed(texts: readonly string[]): Promise<readonly Float32Array[]> {
    const vectors: Float32Array[] = []
    try {
      for (const text of texts) vectors.push(await embedded(this.session, this.pieces.of(text)))
    } catch (cause) {
      throw new ModelError('EMBEDDING_FAILED', String(cause), { cause })
    }
    return vectors
  }

  async dispose(): Promise<void> {
    await this.session.release()
  }
}

const embedded = async (session: InferenceSession, ids: readonly number[]): Promise<Float32Array> => {
  const shape = [1, ids.length]
  const feeds = Object.fromEntries(
    session.inputNames.map((name) => {
      const same = INPUTS[name]
      const values = ids.map((id) => same ?? BigInt(id))
      return [name, new Tensor('int64', BigInt64Array.from(values), shape)]
    }),
  )
  const output = (await session.run(feeds))[session.outputNames[0]!]!
  return unit(meanOf(output.data as Float32Array, output.dims.at(-1)!))
}

const meanOf = (values: Float32Array, dimensions: number): Float32Array => {
  const mean = new Float32Array(dimensions)
  for (let at = 0; at < values.length; at++)
    mean[at % dimensions]! += values[at]! / (values.length / dimensions)
  return mean
}

const unit = (vector: Float32Array): Float32Array => {
  const length = Math.hypot(...vector)
  if (!Number.isFinite(length)) throw new RangeError('its answer is not finite')
  return length === 0 ? vector : vector.map((value) => value / length)
}
