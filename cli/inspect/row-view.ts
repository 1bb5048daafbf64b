import type { Millis } from '../../schemas/ids.ts'
import { decodeRow } from '../decoders.ts'
import type { RowView } from './inspection.ts'

/** A row as people read it, `asOf` a time or, where that is null, its newest event. */
export const rowView = (
  store: string,
  key: readonly string[],
  row: Buffer | undefined,
  asOf: number | null,
  now: Millis,
): RowView => {
  if (row === undefined) return { store, key, bytes: null, asOf: null, value: null }
  return { store, key, bytes: row.length, ...decodeRow(store, row, asOf, now) }
}
