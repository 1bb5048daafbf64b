import type { Store } from './state/store.ts'
import { NO_SLOT } from './state/table.ts'

const KEY = Buffer.from('watermark')
/** Two f64: the watermark, and that of the echoes. */
const ROW_BYTES = 16

/**
 * How far event time was at a task's last commit: a row beside its others, so that time does not go back. It
 * cannot be told from the inputs alone, for one that was idle no longer is when the task starts again.
 */
export class TaskTime {
  /** -Infinity before the first commit. */
  readonly reached: number
  readonly heard: number
  private readonly store: Store
  private readonly row = Buffer.alloc(ROW_BYTES)

  /** The store must be resident. */
  constructor(store: Store) {
    this.store = store
    const slot = store.table.find(KEY, 0, KEY.length)
    const row = slot === NO_SLOT ? undefined : store.table.value(slot)
    this.reached = row?.readDoubleLE(0) ?? -Infinity
    this.heard = row?.readDoubleLE(8) ?? -Infinity
    this.write(this.reached, this.heard)
  }

  /** Becomes durable with the next commit. */
  save(reached: number, heard: number): void {
    if (reached === this.row.readDoubleLE(0) && heard === this.row.readDoubleLE(8)) return
    this.write(reached, heard)
    this.store.set(this.store.table.upsert(KEY, 0, KEY.length), this.row, 0, ROW_BYTES)
  }

  private write(reached: number, heard: number): void {
    this.row.writeDoubleLE(reached, 0)
    this.row.writeDoubleLE(heard, 8)
  }
}
