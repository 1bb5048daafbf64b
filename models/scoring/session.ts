import { InferenceSession, Tensor } from 'onnxruntime-node'
import { CONTENT_BYTES, readContents } from '../embeddings/contents.ts'
import { EncodedTables } from '../embeddings/encoded-tables.ts'
import { ENTITY_WORDS } from '../embeddings/entities.ts'
import { ModelError } from '../errors.ts'
import { CONTENTS_INPUT, EMBEDDINGS_INPUT, INPUT } from '../network/forward.ts'
import { OUTPUT } from '../network/serving-graph.ts'
import type { SnapshotManifest } from '../snapshot/manifest.ts'
import type { LoadedSnapshot } from '../snapshot/read.ts'

/**
 * Rows go through the graph in batches of about this many bytes: a batch and what its operators answer then
 * stay in a core's own cache, while the cost of starting an operator is spread over enough rows.
 */
const BATCH_BYTES = 96 * 1024
const FLOAT_BYTES = 4

/** What rows are about, beside their columns. */
export interface RowsAbout {
  /** Hashes, `ENTITY_WORDS` a row: what vectors are found by. */
  readonly entities: Uint32Array
  /** Directions, `CONTENT_BYTES` a row. */
  readonly contents: Int8Array
}

/** The same from a row on. */
export const aboutFrom = ({ entities, contents }: RowsAbout, row: number): RowsAbout => ({
  entities: entities.subarray(row * ENTITY_WORDS),
  contents: contents.subarray(row * CONTENT_BYTES),
})

/**
 * One snapshot, ready to score on the calling thread, which it blocks while it does. The ONNX runtime takes no
 * tensors on shared memory, so rows are copied into tensors of its own, made once.
 */
export class ScoringSession {
  readonly manifest: SnapshotManifest
  private readonly session: InferenceSession
  private readonly width: number
  private readonly heads: number
  private readonly batchRows: number
  private readonly inputs: Float32Array
  private readonly answers: Float32Array
  private readonly tables: EncodedTables | undefined
  private readonly vectors: Float32Array
  /** Floats of a row's contents; 0 for a snapshot that reads none. */
  private readonly contentWidth: number
  private readonly contents: Float32Array

  private constructor(
    manifest: SnapshotManifest,
    session: InferenceSession,
    tables: EncodedTables | undefined,
  ) {
    this.manifest = manifest
    this.session = session
    this.width = manifest.columns.length
    this.heads = manifest.heads.length
    this.batchRows = Math.max(1, Math.floor(BATCH_BYTES / (this.width * FLOAT_BYTES)))
    this.inputs = new Float32Array(this.batchRows * this.width)
    this.answers = new Float32Array(this.batchRows * this.heads)
    this.tables = tables
    this.vectors = new Float32Array(this.batchRows * (tables?.width ?? 0))
    this.contentWidth = manifest.embeddings?.contents === undefined ? 0 : CONTENT_BYTES
    this.contents = new Float32Array(this.batchRows * this.contentWidth)
  }

  /** Throws `SNAPSHOT_FAILED` for a graph that the runtime refuses, or tables that are none. */
  static async create({ manifest, bytes, embeddings }: LoadedSnapshot): Promise<ScoringSession> {
    try {
      // The runtime takes no shared memory.
      const session = await InferenceSession.create(bytes.slice(), {
        intraOpNumThreads: 1,
        interOpNumThreads: 1,
        executionMode: 'sequential',
      })
      return new ScoringSession(manifest, session, embeddings && new EncodedTables(embeddings))
    } catch (cause) {
      throw new ModelError('SNAPSHOT_FAILED', `${manifest.model}-${manifest.version}: ${String(cause)}`, {
        cause,
      })
    }
  }

  /**
   * Scores the first `count` rows (row after row, raw) into `outputs`, heads after heads; all may lie on shared
   * memory. `about` is what a snapshot with embeddings finds its vectors by; without it they are zeros. One call at a
   * time. Throws `SCORING_FAILED`.
   */
  async score(rows: Float32Array, count: number, outputs: Float32Array, about?: RowsAbout): Promise<void> {
    for (let start = 0; start < count; start += this.batchRows) {
      const batch = Math.min(this.batchRows, count - start)
      this.inputs.set(rows.subarray(start * this.width, (start + batch) * this.width))
      this.fillVectors(batch, about && aboutFrom(about, start))
      await this.run(batch)
      outputs.set(this.answers.subarray(0, batch * this.heads), start * this.heads)
    }
  }

  async dispose(): Promise<void> {
    await this.session.release()
  }

  private fillVectors(batch: number, about: RowsAbout | undefined): void {
    if (about === undefined) {
      this.vectors.fill(0)
      this.contents.fill(0)
      return
    }
    this.tables?.gather(about.entities, batch, this.vectors)
    if (this.contentWidth > 0) readContents(about.contents, batch, this.contents)
  }

  private async run(batch: number): Promise<void> {
    const { inputs, answers, width, heads, tables, vectors, contents, contentWidth } = this
    try {
      await this.session.run(
        {
          [INPUT]: tensor(inputs, batch, width),
          ...(tables && { [EMBEDDINGS_INPUT]: tensor(vectors, batch, tables.width) }),
          ...(contentWidth > 0 && { [CONTENTS_INPUT]: tensor(contents, batch, contentWidth) }),
        },
        { [OUTPUT]: tensor(answers, batch, heads) },
      )
    } catch (cause) {
      const { model, version } = this.manifest
      throw new ModelError('SCORING_FAILED', `${model}-${version}: ${String(cause)}`, { cause })
    }
  }
}

const tensor = (values: Float32Array, rows: number, width: number): Tensor =>
  new Tensor('float32', values.subarray(0, rows * width), [rows, width])
