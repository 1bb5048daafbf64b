import type { Clock } from '../../engine/clock.ts'
import type { TextEmbedder } from '../../models/text/embedder.ts'
import { LINE_BYTES_MAX } from '../../schemas/envelope.ts'
import { eventFileStream, readingError } from '../intake/event-file.ts'
import { type Line, LineSplitter } from '../intake/line-splitter.ts'
import { type Refusal, refusalOf, tooLong } from '../intake/refusal.ts'
import { lineWith, type SayingPost, sayingPostOf } from './post-line.ts'
import { writeWholeFile } from './whole-file.ts'

/** Texts embedded at once, and bytes of lines that wait for them: whichever is reached first. */
const BATCH_TEXTS = 64
const BATCH_BYTES_MAX = 4 << 20

const LINE_BREAK = Buffer.from('\n')

export interface EmbedOptions {
  /** NDJSON, or gzip of it where the name ends in `.gz`. */
  readonly file: string
  /** The same; written whole or not at all. */
  readonly out: string
  readonly embedder: TextEmbedder
  readonly clock: Clock
  onRefused(refusal: Refusal): void
  onProgress(progress: EmbedProgress): void
}

export interface EmbedProgress {
  readonly lines: number
  readonly embedded: number
  readonly textsPerSecond: number
}

/** What became of the lines; each is one of the last three. Blank ones do not count. */
export interface EmbedResult {
  readonly lines: number
  readonly embedded: number
  /** Nothing was to be embedded, or the model found nothing in the text. */
  readonly passed_over: number
  /** Break their contract. */
  readonly refused: number
  readonly dimensions: number
  readonly seconds: number
}

/**
 * Fills `contentEmbedding` of the posts of a file that are published or edited, have text and no vector of their own.
 * All other lines stand in the output as they stood, in their place; those that are refused too, but for those too
 * long to be held. Memory does not grow with the file.
 */
export const embedFile = async (options: EmbedOptions): Promise<EmbedResult> => {
  const run = new EmbeddingRun(options)
  await writeWholeFile(options.out, run.chunks())
  return run.result()
}

/** A line that waits for its batch; `post` where its text is to be embedded. */
interface Held {
  readonly bytes: Buffer
  readonly post: SayingPost | null
}

class EmbeddingRun {
  private readonly options: EmbedOptions
  private readonly startedMs: number
  private held: Held[] = []
  private heldBytes = 0
  private heldTexts = 0
  private lines = 0
  private embedded = 0
  private refused = 0

  constructor(options: EmbedOptions) {
    this.options = options
    this.startedMs = options.clock.monotonicMs()
  }

  /** The lines of the output, a batch at a time. */
  async *chunks(): AsyncGenerator<Buffer> {
    const { file } = this.options
    const splitter = new LineSplitter(LINE_BYTES_MAX)
    try {
      for await (const chunk of eventFileStream(file)) {
        for (const line of splitter.lines(chunk as Buffer)) {
          this.take(line)
          if (this.heldTexts >= BATCH_TEXTS || this.heldBytes >= BATCH_BYTES_MAX) yield await this.batch()
        }
      }
    } catch (error) {
      throw readingError(file, error)
    }
    for (const line of splitter.end()) this.take(line)
    yield await this.batch()
  }

  result(): EmbedResult {
    const { lines, embedded, refused } = this
    return {
      lines,
      embedded,
      passed_over: lines - embedded - refused,
      refused,
      dimensions: this.options.embedder.dimensions,
      seconds: Math.round(this.seconds() * 1_000) / 1_000,
    }
  }

  private take(line: Line): void {
    this.lines++
    const post = this.postOf(line)
    if (line.tooLong) return
    if (post !== null) this.heldTexts++
    this.held.push({ bytes: Buffer.from(line.buffer.subarray(line.start, line.end)), post })
    this.heldBytes += line.end - line.start
  }

  private postOf(line: Line): SayingPost | null {
    if (line.tooLong) return this.refuse(tooLong(line.number))
    try {
      return sayingPostOf(line)
    } catch (error) {
      return this.refuse(refusalOf(error, line.number))
    }
  }

  private refuse(refusal: Refusal): null {
    this.refused++
    this.options.onRefused(refusal)
    return null
  }

  private async batch(): Promise<Buffer> {
    const { held } = this
    this.held = []
    this.heldBytes = 0
    this.heldTexts = 0
    const texts = held.flatMap(({ post }) => (post === null ? [] : [post.text]))
    const vectors = (texts.length === 0 ? [] : await this.options.embedder.embed(texts)).values()
    const parts = held.flatMap(({ bytes, post }) => [
      post === null ? bytes : this.lineOf(bytes, post, vectors.next().value!),
      LINE_BREAK,
    ])
    this.tell()
    return Buffer.concat(parts)
  }

  /** A vector of zeros says nothing, and would only make the line long. */
  private lineOf(bytes: Buffer, post: SayingPost, vector: Float32Array): Buffer {
    if (vector.every((value) => value === 0)) return bytes
    this.embedded++
    return lineWith(post, vector)
  }

  private tell(): void {
    const { lines, embedded } = this
    this.options.onProgress({ lines, embedded, textsPerSecond: embedded / this.seconds() })
  }

  private seconds(): number {
    return (this.options.clock.monotonicMs() - this.startedMs) / 1_000
  }
}
