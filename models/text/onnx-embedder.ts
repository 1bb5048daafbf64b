import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { EMBEDDING_DIMENSIONS_MAX } from '../../schemas/posts/index.ts'
import { ModelError } from '../errors.ts'
import type { TextEmbedder } from './embedder.ts'
import { PIECES_MAX, WordPieces } from './word-pieces.ts'

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

  /**
   * Throws `EMBEDDER_INVALID`, naming the file, for a directory that holds no such model, and `EMBEDDER_TOO_WIDE` for
   * one whose vectors no post may carry.
   */
  static async open(directory: string): Promise<OnnxEmbedder> {
    const vocabulary = join(directory, VOCABULARY_FILE)
    const pieces = await valid(vocabulary, async () => {
      const lines = await readFile(vocabulary, 'utf8')
      return new WordPieces(lines.trimEnd().split(/\r?\n/))
    })
    const model = join(directory, MODEL_FILE)
    const session = await valid(model, () =>
      InferenceSession.create(model, { intraOpNumThreads: 1, interOpNumThreads: 1 }),
    )
    try {
      const dimensions = await valid(model, () => dimensionsOf(session, pieces))
      if (dimensions <= EMBEDDING_DIMENSIONS_MAX) return new OnnxEmbedder(session, pieces, dimensions)
      const detail = `${model}: its vectors have ${dimensions} dimensions, a post carries at most ${EMBEDDING_DIMENSIONS_MAX}`
      throw new ModelError('EMBEDDER_TOO_WIDE', detail)
    } catch (error) {
      await session.release()
      throw error
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

/** What a file of the directory is read as; that it is no such thing is said with its name. */
const valid = async <Read>(file: string, read: () => Promise<Read>): Promise<Read> => {
  try {
    return await read()
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new ModelError('EMBEDDER_INVALID', `${file}: ${reason}`, { cause })
  }
}

/** Tells by the shortest text and by the longest: what fails on either would do so in the midst of texts. */
const dimensionsOf = async (session: InferenceSession, pieces: WordPieces): Promise<number> => {
  const strange = session.inputNames.find((name) => !Object.hasOwn(INPUTS, name))
  if (strange !== undefined) throw new RangeError(`it reads ${strange}, which no text has`)
  const { length } = await embedded(session, pieces.of(''))
  const other = await embedded(session, pieces.of('a '.repeat(PIECES_MAX)))
  if (length === 0) throw new RangeError('its vectors have no dimensions')
  if (other.length === length) return length
  throw new RangeError(`it answers ${length} dimensions of a short text and ${other.length} of a long one`)
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
  if (output.type !== 'float32') throw new RangeError(`it answers ${output.type}, not float32`)
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
