import { dataOf, TruncatedBytes } from '../bytes.ts'
import { EngineError } from '../errors.ts'
import type { ChangelogBlock } from '../log/port.ts'

/** An entry is `u16 store, u16 key length, u32 row length`, key, row. */
export const ENTRY_HEADER_BYTES = 8
/** Set in a row's length: the row has not changed, and is only repeated so that older blocks can be dropped. */
export const REPEATED = 0x8000_0000
/** In place of a row's length: the row is gone. */
export const REMOVED = 0xffff_ffff
/** The store of all stores' numbers, by name; its rows are a `u16` each. */
export const CATALOGUE = 'engine:catalogue'
export const CATALOGUE_NUMBER = 0

/** Goes over the rows of a changelog block; makes no objects. Throws `STATE_CORRUPT` for one that ends early. */
export class BlockCursor {
  bytes: Buffer = Buffer.alloc(0)
  /** The same memory as `bytes`. */
  data: DataView = dataOf(this.bytes)
  store = 0
  keyStart = 0
  keyEnd = 0
  /** The row follows its key; −1 for one that is gone. */
  rowEnd = 0
  /** It has not changed since an earlier block: who has that one needs it no more. */
  isRepeated = false
  private sequence = 0
  private at = 0

  over({ sequence, bytes }: ChangelogBlock): this {
    this.bytes = bytes
    this.data = dataOf(bytes)
    this.sequence = sequence
    this.at = 0
    return this
  }

  next(): boolean {
    const { data, at } = this
    const left = data.byteLength - at
    if (left === 0) return false
    if (left < ENTRY_HEADER_BYTES) throw this.corrupt(left)
    this.store = data.getUint16(at, true)
    this.keyStart = at + ENTRY_HEADER_BYTES
    this.keyEnd = this.keyStart + data.getUint16(at + 2, true)
    const written = data.getUint32(at + 4, true)
    const isGone = written === REMOVED
    this.isRepeated = !isGone && written >= REPEATED
    this.rowEnd = isGone ? -1 : this.keyEnd + (this.isRepeated ? written - REPEATED : written)
    this.at = isGone ? this.keyEnd : this.rowEnd
    if (this.at > data.byteLength) throw this.corrupt(left)
    return true
  }

  private corrupt(left: number): EngineError {
    return new EngineError('STATE_CORRUPT', `changelog block ${this.sequence} ends early`, {
      cause: new TruncatedBytes(ENTRY_HEADER_BYTES, left),
    })
  }
}
