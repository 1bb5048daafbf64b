/**
 * Keys are one or more ids joined by a NUL byte, which no id may hold: readable, prefix-scannable, and
 * compared as bytes. The first id decides the partition, so `(user, author)` lies with `(user)`.
 */
export const KEY_SEPARATOR = 0

/** Up to four ids of 64 bytes with their separators. */
export const KEY_BYTES_MAX = 320

/** Writes a key straight into a reused buffer. */
export class KeyWriter {
  readonly buffer: Buffer = Buffer.allocUnsafe(KEY_BYTES_MAX)
  length = 0
  private hasId = false

  reset(): void {
    this.length = 0
    this.hasId = false
  }

  /** Appends one id; answers true so that a key function reads as a condition. */
  id(id: string): true {
    const buffer = this.buffer
    let at = this.length
    if (this.hasId) buffer[at++] = KEY_SEPARATOR
    const start = at
    const characters = id.length
    if (at + characters > KEY_BYTES_MAX) throw new RangeError(`key longer than ${KEY_BYTES_MAX} bytes`)
    for (let index = 0; index < characters; index++) {
      const code = id.charCodeAt(index)
      if (code > 0x7f) {
        this.length = start + this.writeUtf8(id, start)
        this.hasId = true
        return true
      }
      buffer[at++] = code
    }
    this.length = at
    this.hasId = true
    return true
  }

  private writeUtf8(id: string, at: number): number {
    if (at + Buffer.byteLength(id) > KEY_BYTES_MAX)
      throw new RangeError(`key longer than ${KEY_BYTES_MAX} bytes`)
    return this.buffer.write(id, at)
  }

  view(): Buffer {
    return this.buffer.subarray(0, this.length)
  }
}

/** The key of `ids` as bytes of its own: for reads and tests, not for the hot path. */
export const keyOf = (...ids: readonly string[]): Buffer => Buffer.from(ids.join('\0'))

/** The ids a key was made of. */
export const idsOf = (key: Uint8Array): string[] => Buffer.from(key).toString().split('\0')
