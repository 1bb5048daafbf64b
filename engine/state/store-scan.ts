import type { ScanOptions, StateRow } from './port.ts'
import type { RowTable } from './table.ts'

/** A row in memory; its bytes are the table's own. */
interface Held {
  readonly slot: number
  readonly key: Buffer
}

/** Rows in memory that are collected before those that cannot be among the first are dropped. */
const HELD_MIN = 4_096

/** Lays rows in memory over rows of the disk, in key order. Looks at every row in memory, and copies few. */
export class StoreScan {
  private readonly table: RowTable
  private readonly options: ScanOptions
  private readonly isKnown: (slot: number) => boolean

  /** `isKnown` tells rows whose value memory has from those that wait to be fetched. */
  constructor(table: RowTable, options: ScanOptions, isKnown: (slot: number) => boolean) {
    this.table = table
    this.options = options
    this.isKnown = isKnown
  }

  /** Rows in the range that memory knows to be gone, which the disk may still have. */
  gone(): number {
    let gone = 0
    for (let slot = 0; slot < this.table.slotsEnd; slot++) {
      if (this.keyIn(slot) !== undefined && this.table.value(slot) === undefined) gone++
    }
    return gone
  }

  /**
   * The first rows of both, up to the limit. `disk` holds the disk's first rows of the range; where it has
   * more, nothing beyond the last of these is answered.
   */
  over(disk: readonly StateRow[], diskHasMore: boolean): StateRow[] {
    const rows = new Map(disk.map((row): [string, StateRow] => [row.key.toString('latin1'), row]))
    const last = diskHasMore ? disk.at(-1)?.key : undefined
    let held: Held[] = []
    for (let slot = 0; slot < this.table.slotsEnd; slot++) {
      const key = this.keyIn(slot)
      if (key === undefined || (last !== undefined && Buffer.compare(key, last) > 0)) continue
      if (rows.size > 0) rows.delete(key.toString('latin1'))
      if (this.table.value(slot) === undefined) continue
      held.push({ slot, key })
      if (held.length >= HELD_MIN + 2 * this.options.limit) held = this.first(held)
    }
    const found = this.first(held).map(({ slot, key }) => ({
      key: Buffer.from(key),
      value: Buffer.from(this.table.value(slot)!),
    }))
    return [...rows.values(), ...found].sort(byKey).slice(0, this.options.limit)
  }

  private first(held: readonly Held[]): Held[] {
    return [...held].sort(byKey).slice(0, this.options.limit)
  }

  /** The slot's key, if it is used and lies in the range. */
  private keyIn(slot: number): Buffer | undefined {
    const { table } = this
    if (!table.isUsed(slot) || !this.isKnown(slot)) return undefined
    const start = table.keyStart(slot)
    const key = table.buffer(slot).subarray(start, start + table.keyLength(slot))
    const { prefix, after } = this.options
    if (prefix && !key.subarray(0, prefix.length).equals(prefix)) return undefined
    return after && Buffer.compare(key, after) <= 0 ? undefined : key
  }
}

const byKey = (one: { readonly key: Buffer }, other: { readonly key: Buffer }): number =>
  Buffer.compare(one.key, other.key)
