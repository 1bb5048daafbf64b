/** Which of the two rankers a snapshot is of. */
export const MODELS = ['heavy', 'light'] as const
export type ModelName = (typeof MODELS)[number]

/** Whether its weights were set by hand or learned. */
export const ORIGINS = ['prior', 'trained'] as const
export type Origin = (typeof ORIGINS)[number]

/** One file of a snapshot, as its manifest promises it. */
export interface SnapshotFile {
  readonly bytes: number
  readonly sha256: string
}

/** What a snapshot is, beside its files: `manifest.json`. */
export interface SnapshotManifest {
  /** Of the manifest itself. */
  readonly format: 1
  readonly model: ModelName
  /** Made from everything else in the manifest and so from every byte of the files: equal content, equal version. */
  readonly version: string
  readonly origin: Origin
  /** The row's columns, in order. */
  readonly columns: readonly string[]
  readonly columnsHash: string
  /** What the outputs are, in order. */
  readonly heads: readonly string[]
  readonly files: Readonly<Record<string, SnapshotFile>>
}
