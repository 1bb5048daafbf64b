import type { ByteReader, ByteWriter } from '../engine/bytes.ts'
import { hashKey } from '../engine/hash.ts'
import { ID_BYTES_MAX } from '../schemas/ids.ts'

/** Answered by `find` when the id has no entry. */
export const NO_ENTRY = -1

const HASH_BYTES = 4
/** An id of a contract with one letter before it. */
const NAME_BYTES_MAX = ID_BYTES_MAX + 1

/**
 * A row's bytes as a reused handle: a header, then one entry an id, changed in place. No object is made per
 * row or entry. An entry is `u32 hash of the id · fields · u8 length · id`; the owner of the row decides the
 * fields and reads and writes them through `view` at the entry's offset (plus `FIELDS_AT`). Integers are
 * little endian. Offsets hold until the next `add` or `remove`.
 */
export class IdEntries {
  view = new DataView(new ArrayBuffer(1024))
  /** Where the last entry ends. */
  end: number
  private bytes = Buffer.from(this.view.buffer)
  private readonly headerBytes: number
  private readonly entryBytes: number
  private readonly name = Buffer.alloc(NAME_BYTES_MAX)
  private nameLength = 0

  constructor(headerBytes: number, fieldBytes: number) {
    this.headerBytes = headerBytes
    this.entryBytes = HASH_BYTES + fieldBytes + 1
    this.end = headerBytes
  }

  /** An empty row: the header is zeros. */
  clear(): this {
    this.bytes.fill(0, 0, this.headerBytes)
    this.end = this.headerBytes
    return this
  }

  /** Takes a copy of what the reader has left. */
  load(reader: ByteReader): this {
    const length = reader.left
    this.reserve(length)
    reader.buffer.copy(this.bytes, 0, reader.position, reader.end)
    this.end = length
    return this
  }

  save(writer: ByteWriter): void {
    writer.reserve(this.end)
    this.bytes.copy(writer.buffer, writer.position, 0, this.end)
    writer.position += this.end
  }

  get isEmpty(): boolean {
    return this.end === this.headerBytes
  }

  /** Offset of the first entry; walk on with `next` until `end`. */
  get first(): number {
    return this.headerBytes
  }

  next(entry: number): number {
    const lengthAt = entry + this.entryBytes - 1
    return lengthAt + 1 + this.bytes[lengthAt]!
  }

  hash(entry: number): number {
    return this.view.getUint32(entry, true)
  }

  id(entry: number): string {
    return this.bytes.toString('utf8', entry + this.entryBytes, this.next(entry))
  }

  /** First byte of the id, for owners whose ids begin with a letter of theirs. */
  firstByte(entry: number): number {
    return this.bytes[entry + this.entryBytes]!
  }

  find(id: string): number {
    const hash = this.takeName(id)
    const { view, bytes, end, entryBytes } = this
    for (let entry = this.headerBytes; entry < end;) {
      const length = bytes[entry + entryBytes - 1]!
      if (view.getUint32(entry, true) === hash && this.hasName(entry + entryBytes, length)) return entry
      entry += entryBytes + length
    }
    return NO_ENTRY
  }

  /** Appends an entry whose fields are zeros. The id must have none yet. */
  add(id: string): number {
    const hash = this.takeName(id)
    const entry = this.end
    const nameAt = entry + this.entryBytes
    this.reserve(nameAt + this.nameLength)
    this.bytes.fill(0, entry, nameAt)
    this.view.setUint32(entry, hash, true)
    this.bytes[nameAt - 1] = this.nameLength
    this.name.copy(this.bytes, nameAt, 0, this.nameLength)
    this.end = nameAt + this.nameLength
    return entry
  }

  remove(entry: number): void {
    const next = this.next(entry)
    this.bytes.copyWithin(entry, next, this.end)
    this.end -= next - entry
  }

  private takeName(id: string): number {
    const name = this.name
    const characters = id.length
    let length = 0
    for (; length < characters && length < NAME_BYTES_MAX; length++) {
      const code = id.charCodeAt(length)
      if (code > 0x7f) break
      name[length] = code
    }
    this.nameLength = length === characters ? length : name.write(id)
    return hashKey(name, 0, this.nameLength)
  }

  private hasName(at: number, length: number): boolean {
    if (length !== this.nameLength) return false
    for (let index = 0; index < length; index++) if (this.bytes[at + index] !== this.name[index]) return false
    return true
  }

  private reserve(length: number): void {
    if (length <= this.bytes.length) return
    const grown = Buffer.alloc(Math.max(length, this.bytes.length * 2))
    this.bytes.copy(grown, 0, 0, this.end)
    this.bytes = grown
    this.view = new DataView(grown.buffer, grown.byteOffset, grown.length)
  }
}

/** Where an entry's fields begin, counted from the entry's offset. */
export const FIELDS_AT = HASH_BYTES
