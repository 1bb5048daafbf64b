import type { Store } from './state/store.ts'
import { NO_SLOT } from './state/table.ts'

/** Ids in one row: a commit that saw few events rewrites at most 8 KiB. */
const IDS_PER_ROW = 1024
const ID_BYTES = 8
const ROW_KEY_BYTES = 8
const TABLE_FILL_MAX = 0.5
const PLACES_FIRST = 64

/** A set of 64-bit numbers as pairs of 32, open addressing, never removed from. A low half of 0 is an empty place. */
class IdSet {
  size = 0
  private high = new Uint32Array(PLACES_FIRST)
  private low = new Uint32Array(PLACES_FIRST)
  private mask = PLACES_FIRST - 1

  has(high: number, low: number): boolean {
    for (let probe = low & this.mask; ; probe = (probe + 1) & this.mask) {
      if (this.low[probe] === low && this.high[probe] === high) return true
      if (this.low[probe] === 0) return false
    }
  }

  add(high: number, low: number): void {
    if (this.size >= this.mask * TABLE_FILL_MAX) this.grow()
    this.place(high, low)
    this.size++
  }

  private place(high: number, low: number): void {
    let probe = low & this.mask
    while (this.low[probe] !== 0) probe = (probe + 1) & this.mask
    this.high[probe] = high
    this.low[probe] = low
  }

  private grow(): void {
    const { high, low } = this
    this.high = new Uint32Array(high.length * 2)
    this.low = new Uint32Array(high.length * 2)
    this.mask = this.high.length - 1
    for (let at = 0; at < high.length; at++) {
      if (low[at] !== 0) this.place(high[at]!, low[at]!)
    }
  }
}

/**
 * The event ids seen last, so that publishing an event twice counts it once. Two generations of `idsMax`:
 * at least the last `idsMax` and at most the last `2 · idsMax` ids are known. Ids are kept as 64-bit hashes:
 * with a million known, a new id is taken for an old one with probability 2^20 / 2^64 = 6e-14.
 */
export class EventIds {
  private readonly store: Store
  private readonly idsMax: number
  private generation = 0
  private current = new IdSet()
  private previous = new IdSet()
  private high = 0
  private low = 0
  private readonly row = Buffer.alloc(IDS_PER_ROW * ID_BYTES)
  private readonly rowKey = Buffer.alloc(ROW_KEY_BYTES)

  /** The store must be resident. */
  constructor(store: Store, idsMax: number) {
    this.store = store
    this.idsMax = idsMax
    this.restore()
  }

  /** Whether the id was seen; remembers it as the one that `remember` adds. */
  seen(id: string): boolean {
    this.hash(id)
    return this.current.has(this.high, this.low) || this.previous.has(this.high, this.low)
  }

  /** Adds the id last asked for. */
  remember(): void {
    // A restart may have lowered the limit below what is known.
    if (this.current.size >= this.idsMax) this.turn()
    this.appendToRow(this.current.size)
    this.current.add(this.high, this.low)
  }

  private appendToRow(index: number): void {
    const inRow = index % IDS_PER_ROW
    const at = inRow * ID_BYTES
    this.row.writeUInt32LE(this.high, at)
    this.row.writeUInt32LE(this.low, at + 4)
    this.setRowKey(this.generation, Math.floor(index / IDS_PER_ROW))
    const slot = this.store.table.upsert(this.rowKey, 0, ROW_KEY_BYTES)
    this.store.set(slot, this.row, 0, at + ID_BYTES)
  }

  private setRowKey(generation: number, row: number): void {
    this.rowKey.writeUInt32BE(generation, 0)
    this.rowKey.writeUInt32BE(row, 4)
  }

  private turn(): void {
    this.dropGeneration(this.generation - 1)
    this.previous = this.current
    this.current = new IdSet()
    this.generation++
  }

  private dropGeneration(generation: number): void {
    if (generation < 0) return
    for (let row = 0; ; row++) {
      this.setRowKey(generation, row)
      const slot = this.store.table.find(this.rowKey, 0, ROW_KEY_BYTES)
      if (slot === NO_SLOT) return
      this.store.remove(slot)
    }
  }

  private restore(): void {
    const rows = this.rows()
    this.generation = rows.at(-1)?.generation ?? 0
    for (const { generation, value } of rows) {
      const set = generation === this.generation ? this.current : this.previous
      for (let at = 0; at < value.length; at += ID_BYTES)
        set.add(value.readUInt32LE(at), value.readUInt32LE(at + 4))
      if (generation === this.generation) value.copy(this.row)
    }
  }

  private rows(): { generation: number; row: number; value: Buffer }[] {
    const table = this.store.table
    const rows = []
    for (let slot = 0; slot < table.slotsEnd; slot++) {
      const value = table.isUsed(slot) ? table.value(slot) : undefined
      if (value === undefined) continue
      const key = table.keyCopy(slot)
      rows.push({ generation: key.readUInt32BE(0), row: key.readUInt32BE(4), value })
    }
    return rows.sort((one, other) => one.generation - other.generation || one.row - other.row)
  }

  /** 64 bits in two halves by multiply-xor mixing of the UTF-16 code units (after cyrb53 by bryc, public domain). */
  private hash(id: string): void {
    let one = 0xdeadbeef
    let two = 0x41c6ce57
    for (let at = 0; at < id.length; at++) {
      const code = id.charCodeAt(at)
      one = Math.imul(one ^ code, 2654435761)
      two = Math.imul(two ^ code, 1597334677)
    }
    one = Math.imul(one ^ (one >>> 16), 2246822507) ^ Math.imul(two ^ (two >>> 13), 3266489909)
    two = Math.imul(two ^ (two >>> 16), 2246822507) ^ Math.imul(one ^ (one >>> 13), 3266489909)
    this.high = two >>> 0
    // A low half of 0 marks an empty place in the set.
    this.low = one >>> 0 || 1
  }
}
