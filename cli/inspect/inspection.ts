import type { Plain } from './plain.ts'

/** A stored row, decoded. */
export interface RowView {
  readonly store: string
  /** The ids that its key is made of. */
  readonly key: readonly string[]
  /** Null: there is no such row. */
  readonly bytes: number | null
  /** The time that the value is read as of; null where it hangs on none. */
  readonly asOf: number | null
  readonly value: Plain
}

/** Rows of a store, and of which of its partitions they are. */
export interface RowList {
  readonly rows: readonly RowView[]
  /** Partitions whose rows were looked at. */
  readonly listed: readonly number[]
  /** The others: the process that was asked does not run their tasks. */
  readonly elsewhere: readonly ElsewherePartition[]
}

export interface ElsewherePartition {
  readonly partition: number
  /** Who runs it; null while nobody does, or where it is not known. */
  readonly member: string | null
  /** Where that member answers, on its machine. */
  readonly url: string | null
}

export interface FeatureView {
  readonly view: string
  readonly key: readonly string[]
  readonly asOf: number
  /** Whether there is a row; without one the columns read as never seen. */
  readonly known: boolean
  readonly columns: Readonly<Record<string, number>>
}

/** A dead letter, in short. */
export interface LetterSummary {
  /** `topic/partition/offset`, of the dead letter itself. */
  readonly id: string
  readonly code: string
  readonly field: string | null
  readonly reason: string
  /** When it was put aside, wall clock. */
  readonly at: number
  /** The same for letters of equal records: one that is sent again and fails again makes another letter. */
  readonly fingerprint: string
}

export interface LetterList {
  /** Topics with dead letters, and how many each has. */
  readonly topics: Readonly<Record<string, number>>
  /** The newest, oldest first. */
  readonly letters: readonly LetterSummary[]
}

export interface LetterView extends LetterSummary {
  /** Where the record lay that it is about. */
  readonly source: { readonly topic: string; readonly partition: number; readonly offset: number }
  readonly processor: string | null
  /** The record as its contract reads it; null where it cannot. */
  readonly record: Plain
  readonly keyHex: string
  readonly valueHex: string
}

/** What became of events since that process began; null for what it does not know, for others process them. */
export interface Outcome {
  readonly processed: number
  readonly late: number | null
  readonly duplicates: number | null
  readonly deadLetters: number | null
}

export interface Status extends Outcome {
  readonly lagRecords: number
  /** Everything accepted is processed and committed. */
  readonly settled: boolean
}

/** Looks at dead letters. Throws `UNKNOWN_LETTER` for what is not there. */
export interface LetterInspection {
  /** `topic` null: of all topics. At most `limit` letters a topic. */
  letters(topic: string | null, limit: number): Promise<LetterList>
  letter(id: string): Promise<LetterView>
  /** Appends the record to its topic again; answers when it is durable. The letter stays. */
  replay(id: string): Promise<LetterView>
}

/**
 * Looks into a data directory, or into a running `freshet up`, `worker` or `serve`. Throws a `CliError` for names
 * that do not exist. Decoded times are milliseconds.
 */
export interface Inspection extends LetterInspection {
  stores(): Promise<readonly string[]>
  /** `asOf` null: the row's newest event. */
  row(store: string, key: readonly string[], asOf: number | null): Promise<RowView>
  /**
   * Rows in key order whose key begins with `prefix`, up to `limit`, of the partitions that are run there; each as of its
   * own newest event where `asOf` is null.
   */
  rows(store: string, prefix: string, limit: number, asOf: number | null): Promise<RowList>
  /** `asOf` null: now. */
  feature(view: string, key: readonly string[], asOf: number | null): Promise<FeatureView>
  status(): Promise<Status>
}

export const ROWS_MAX = 1_000
export const LETTERS_MAX = 1_000
