import type { StoredFrame } from '../../engine/log/port.ts'

/** Where examples come from: a log, or whoever has one. */
export interface ExampleSource {
  /** Partitions of the examples, numbered from 0. */
  readonly partitions: number
  /** As `Log.read` of the topic of examples: what is readable now, from an offset on. */
  read(partition: number, offset: number): Promise<readonly StoredFrame[]>
}

/** Bytes of frames that are read at a time. */
export const READ_BYTES_MAX = 1 << 20
