import type { RowStream } from './row-stream.ts'
import type { ModelName, SnapshotManifest } from '../snapshot/manifest.ts'

/** A model's rows and what it answered, both on memory that is shared with the scorers' threads. */
export interface Matrix {
  readonly rowsMax: number
  /** Columns of a row. */
  readonly width: number
  /** Outputs of a row. */
  readonly heads: number
  /** rowsMax × width, row after row. Fill it in place. */
  readonly rows: Float32Array
  /**
   * rowsMax × `ENTITY_WORDS`, hashes of what each row is about (see `writeEntityIds`); zeros for what is not
   * known. Empty for a model without embeddings; not read by a snapshot without.
   */
  readonly entities: Uint32Array
  /** rowsMax × heads; holds what the last `score` answered, undefined before. */
  readonly outputs: Float32Array
  /** How far rows are filled that are scored meanwhile; see `RowStream`. */
  readonly filled: Int32Array
}

/**
 * The use of a pair of matrices and of the snapshots that were live when it was given out, for one request.
 * Must be released; not used afterwards.
 */
export interface Lease {
  readonly heavy: Matrix
  readonly light: Matrix
  /** What scores this lease, until it is released: a swap meanwhile counts from the next lease on. */
  readonly manifests: Readonly<Record<ModelName, SnapshotManifest>>
  /**
   * Scores `rows` rows of a matrix, from row `first` (0 where absent), into its outputs. Several runs of one
   * matrix may be under way at a time, and the rows after them be filled meanwhile. Throws `SCORER_CRASHED`
   * (score again: the rows are still there), `SCORING_FAILED`, `SCORERS_CLOSED`; a RangeError for rows that the
   * matrix does not have.
   */
  score(model: ModelName, rows: number, first?: number): Promise<void>
  /** Scores rows as they are filled, from the first on; one stream of a matrix at a time. Its end throws as `score` does. */
  stream(model: ModelName): RowStream
  release(): void
}

/** How busy the scorers are: for metrics. */
export interface ScorerStats {
  readonly leased: number
  readonly waiting: number
  readonly readyThreads: number
  /** Threads that died and were started again, so far. */
  readonly restarts: number
  /** Snapshots switched to, so far. */
  readonly swaps: number
}
