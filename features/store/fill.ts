import type { ViewRows } from '../view.ts'
import type { KeyList } from './key-list.ts'
import type { FeatureRows } from './port.ts'

/** Where the columns of key i go: `into[offset + i * stride ..]`. */
export interface FillTarget {
  readonly into: Float32Array
  readonly offset: number
  /** Floats from one row to the next; at least the view's columns. */
  readonly stride: number
}

/** `fill` of the port for stores that answer rows: one `readMany`, then every row read where it lies. */
export const fillFromRows = async (
  readMany: (view: ViewRows, keys: readonly Uint8Array[]) => Promise<FeatureRows>,
  view: ViewRows,
  keys: KeyList,
  asOf: number,
  { into, offset, stride }: FillTarget,
): Promise<void> => {
  const { count } = keys
  const { buffers, starts, ends } = await readMany(
    view,
    Array.from({ length: count }, (_, key) => keys.buffer.subarray(keys.start(key), keys.end(key))),
  )
  for (let key = 0; key < count; key++) {
    view.read(buffers[key]!, starts[key]!, ends[key]!, asOf, into, offset + key * stride)
  }
}
