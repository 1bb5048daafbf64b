import { InferenceSession, Tensor } from 'onnxruntime-node'
import { ModelError } from '../errors.ts'
import { INPUT, OUTPUT } from '../network/serving-graph.ts'
import type { SnapshotManifest } from '../snapshot/manifest.ts'
import { type LoadedSnapshot, readSnapshot } from '../snapshot/read.ts'

/**
 * Rows go through the graph in batches of about this many bytes: a batch and what its operators answer then
 * stay in a core's own cache, while the cost of starting an operator is spread over enough rows.
 */
const BATCH_BYTES = 96 * 1024
const FLOAT_BYTES = 4

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

  private constructor(manifest: SnapshotManifest, session: InferenceSession) {
    this.manifest = manifest
    this.session = session
    this.width = manifest.columns.length
    this.heads = manifest.heads.length
    this.batchRows = Math.max(1, Math.floor(BATCH_BYTES / (this.width * FLOAT_BYTES)))
    this.inputs = new Float32Array(this.batchRows * this.width)
    this.answers = new Float32Array(this.batchRows * this.heads)
  }

  /** Throws `SNAPSHOT_FAILED` for a graph that the runtime refuses. */
  static async create({ manifest, bytes }: LoadedSnapshot): Promise<ScoringSession> {
    try {
      const session = await InferenceSession.create(bytes, {
        intraOpNumThreads: 1,
        interOpNumThreads: 1,
        executionMode: 'sequential',
      })
      return new ScoringSession(manifest, session)
    } catch (cause) {
      throw new ModelError('SNAPSHOT_FAILED', `${manifest.model}-${manifest.version}: ${String(cause)}`, {
        cause,
      })
    }
  }

  /** Reads, checks and loads; throws what `readSnapshot` and `create` throw. */
  static async open(directory: string, model: SnapshotManifest['model']): Promise<ScoringSession> {
    return ScoringSession.create(await readSnapshot(directory, model))
  }

  /**
   * Scores the first `count` rows (row after row, raw) into `outputs`, heads after heads; both may lie on shared
   * memory. One call at a time. Throws `SCORING_FAILED`.
   */
  async score(rows: Float32Array, count: number, outputs: Float32Array): Promise<void> {
    for (let start = 0; start < count; start += this.batchRows) {
      const batch = Math.min(this.batchRows, count - start)
      this.inputs.set(rows.subarray(start * this.width, (start + batch) * this.width))
      await this.run(batch)
      outputs.set(this.answers.subarray(0, batch * this.heads), start * this.heads)
    }
  }

  async dispose(): Promise<void> {
    await this.session.release()
  }

  private async run(batch: number): Promise<void> {
    const { inputs, answers, width, heads } = this
    try {
      await this.session.run(
        { [INPUT]: new Tensor('float32', inputs.subarray(0, batch * width), [batch, width]) },
        { [OUTPUT]: new Tensor('float32', answers.subarray(0, batch * heads), [batch, heads]) },
      )
    } catch (cause) {
      const { model, version } = this.manifest
      throw new ModelError('SCORING_FAILED', `${model}-${version}: ${String(cause)}`, { cause })
    }
  }
}
