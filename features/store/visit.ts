import { partitionOf } from '../../engine/hash.ts'
import { NO_ROW, type Store } from '../../engine/state/store.ts'
import type { KeyList } from './key-list.ts'

/** Takes the row of a key: `buffer[start .. end)` with the engine's version byte; an empty range where there is none. */
export type RowVisitor = (key: number, buffer: Buffer, start: number, end: number) => void

const EMPTY = Buffer.alloc(0)

/**
 * Shows the row of every key, one call a key and in no promised order: those in memory at once and where they
 * lie, the others after one read of each partition's disk. Answers undefined when all were shown. Rows are the
 * visitor's during its call only. `stores` holds one a partition, undefined where this process has none.
 */
export const visitRows = (
  stores: readonly (Store | undefined)[],
  keys: KeyList,
  visit: RowVisitor,
): Promise<void> | undefined => {
  const { buffer, count } = keys
  let missing: number[] | undefined
  for (let key = 0; key < count; key++) {
    const start = keys.start(key)
    const end = keys.end(key)
    const store = stores[partitionOf(buffer, start, end, stores.length)]
    const slot = store === undefined ? NO_ROW : store.look(buffer, start, end)
    if (slot >= 0) {
      const { table } = store!
      const from = table.valueStart(slot)
      visit(key, table.buffer(slot), from, from + table.valueLength(slot))
    } else if (slot === NO_ROW) visit(key, EMPTY, 0, 0)
    else (missing ??= []).push(key)
  }
  return missing === undefined ? undefined : fetchRows(stores, keys, missing, visit)
}

const fetchRows = async (
  stores: readonly (Store | undefined)[],
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
