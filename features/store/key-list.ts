import { KEY_SEPARATOR } from '../../engine/key.ts'

const BYTES_FIRST = 4096
const KEYS_FIRST = 256
const ASCII_LAST = 0x7f
/** UTF-8 bytes of a UTF-16 unit at most. */
const BYTES_PER_UNIT_MAX = 3

/**
 * Keys of one read, packed one after another: key i is `buffer[start(i) .. end(i))`. Made once and filled again
 * for each read, so that keys make no objects. Must not be changed while a read of them is under way.
 */
export class KeyList {
  buffer = Buffer.allocUnsafe(BYTES_FIRST)
  /** Keys that are closed. */
  count = 0
  private ends = new Uint32Array(KEYS_FIRST)
  private at = 0

  reset(): this {
    this.count = 0
    this.at = 0
    return this
  }

  start(key: number): number {
    return key === 0 ? 0 : this.ends[key - 1]!
  }

  end(key: number): number {
    return this.ends[key]!
  }

  /** A key of one id. Answers its index. */
  add(id: string): number {
    this.write(id)
    return this.close()
  }

  /** A key of two ids; see engine/key.ts. Answers its index. */
  addPair(id: string, other: string): number {
    this.write(id)
    this.buffer[this.at++] = KEY_SEPARATOR
    this.write(other)
    return this.close()
  }

  /** A copy of a key, for readers that take keys one by one. */
  copy(key: number): Buffer {
    return Buffer.from(this.buffer.subarray(this.start(key), this.end(key)))
  }

  /** Leaves room for a separator after it. */
  private write(id: string): void {
    const characters = id.length
    this.reserve(characters * BYTES_PER_UNIT_MAX + 1)
    const { buffer } = this
    let at = this.at
    for (let index = 0; index < characters; index++) {
      const code = id.charCodeAt(index)
      if (code > ASCII_LAST) {
        this.at += buffer.write(id, this.at)
        return
      }
      buffer[at++] = code
    }
    this.at = at
  }

  private close(): number {
    if (this.count === this.ends.length) {
      const ends = new Uint32Array(this.count * 2)
      ends.set(this.ends)
      this.ends = ends
    }
    this.ends[this.count] = this.at
    return this.count++
  }

  private reserve(bytes: number): void {
    const needed = this.at + bytes
    if (needed <= this.buffer.length) return
    const grown = Buffer.allocUnsafe(Math.max(needed, this.buffer.length * 2))
    this.buffer.copy(grown, 0, 0, this.at)
    this.buffer = grown
  }
}
