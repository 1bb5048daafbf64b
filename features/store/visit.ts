import { hashKey, partitionOf } from '../../engine/hash.ts'
import { NO_ROW, type Store } from '../../engine/state/store.ts'
import { NO_SLOT } from '../../engine/state/table.ts'
import type { KeyList } from './key-list.ts'

/** Takes the row of a key: `buffer[start .. end)` with the engine's version byte; an empty range where there is none. */
export type RowVisitor = (key: number, buffer: Buffer, start: number, end: number) => void

/** One a partition; undefined where this process has none. */
export type PartitionStores = readonly (Store | undefined)[]

const EMPTY = Buffer.alloc(0)

/** Keys read ahead together: their lines must stay in the processor's cache until they are used. */
const AHEAD_MAX = 256
const found: (Store | undefined)[] = []
const hashes = new Int32Array(AHEAD_MAX)
const likely = new Int32Array(AHEAD_MAX)
/** Where what is read ahead goes, for a value that goes nowhere would not be read. */
const nowhere = new Int32Array(AHEAD_MAX)

/**
 * Shows the row of every key, one call a key and in no promised order: those in memory at once and where they
 * lie, the others after one read of each partition's disk. Answers undefined when all were shown. Rows are the
 * visitor's during its call only.
 */
export const visitRows = (
  stores: PartitionStores,
  keys: KeyList,
  visit: RowVisitor,
): Promise<void> | undefined => {
  let missing: number[] | undefined
  for (let first = 0; first < keys.count; first += AHEAD_MAX) {
    const end = Math.min(first + AHEAD_MAX, keys.count)
    readAhead(stores, keys, first, end)
    for (let key = first; key < end; key++) {
      const store = found[key - first]
      const slot = store?.look(keys.buffer, keys.start(key), keys.end(key), hashes[key - first]) ?? NO_ROW
      if (slot >= 0) {
        const { table } = store!
        const start = table.valueStart(slot)
        visit(key, table.buffer(slot), start, start + table.valueLength(slot))
      } else if (slot === NO_ROW) visit(key, EMPTY, 0, 0)
      else (missing ??= []).push(key)
    }
  }
  return missing === undefined ? undefined : fetchRows(stores, keys, missing, visit)
}

/**
 * Reads what look-ups wait for: the index, then the slots, then the rows, in loops so short that the waits of a
 * dozen keys overlap (as engine/row-finder.ts does for tasks).
 */
const readAhead = (stores: PartitionStores, keys: KeyList, first: number, end: number): void => {
  const { buffer } = keys
  const count = end - first
  for (let at = 0; at < count; at++) {
    const start = keys.start(first + at)
    const keyEnd = keys.end(first + at)
    const store = stores[partitionOf(buffer, start, keyEnd, stores.length)]
    const hash = hashKey(buffer, start, keyEnd) | 0
    found[at] = store
    hashes[at] = hash
    likely[at] = store === undefined ? NO_SLOT : store.table.likelySlot(hash)
  }
  for (let at = 0; at < count; at++) {
    if (likely[at] !== NO_SLOT) nowhere[at] = found[at]!.table.valueLength(likely[at]!)
  }
  for (let at = 0; at < count; at++) {
    if (likely[at] !== NO_SLOT) nowhere[at] = found[at]!.table.ends(likely[at]!)
  }
}

const fetchRows = async (
  stores: PartitionStores,
  keys: KeyList,
  missing: readonly number[],
  visit: RowVisitor,
): Promise<void> => {
  const byPartition = Map.groupBy(missing, (key) =>
    partitionOf(keys.buffer, keys.start(key), keys.end(key), stores.length),
  )
  await Promise.all(
    [...byPartition].map(async ([partition, those]) => {
      const rows = await stores[partition]!.fetchMany(those.map((key) => keys.copy(key)))
      for (const [index, key] of those.entries())
        visit(key, rows[index] ?? EMPTY, 0, rows[index]?.length ?? 0)
    }),
  )
}
