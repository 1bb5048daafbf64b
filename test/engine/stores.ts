import { MemoryState } from '../../engine/state/memory.ts'
import { Store } from '../../engine/state/store.ts'

/** A store of its own, on an empty disk in memory. */
export const emptyStore = async (name = 'store'): Promise<Store> =>
  new Store(name, 1, await new MemoryState().open('task'))

/** Rows that the store holds in memory. */
export const rowCount = ({ table }: Store): number => {
  let rows = 0
  for (let slot = 0; slot < table.slotsEnd; slot++) {
    if (table.isUsed(slot) && table.value(slot) !== undefined) rows++
  }
  return rows
}
