import { type ByteReader, type ByteWriter, copyBytes } from '../engine/bytes.ts'
import { hashKey } from '../engine/hash.ts'
import { ID_BYTES_MAX } from '../schemas/ids.ts'

/** Answered by `find` when the id has no entry. */
export const NO_ENTRY = -1

const COUNT_BYTES = 2
const HASH_BYTES = 4
/** An id of a contract with one letter before it. */
const NAME_BYTES_MAX = ID_BYTES_MAX + 1
/** What an `add` may need, so that one copy is enough for a row read and added to. */
const SLACK_BYTES = 256

/**
 * A row of entries by id as a reused handle over bytes: no object is made per row or entry. A row is a header,
 * `u16 entries`, then columns: `u32 hash of the id` each, fields of a fixed size each, `u8 length of the id`
 * each, and the ids. So looking for an id reads little but the hashes, and a row is copied only when it is
 * about to change. Integers are little endian. Entries are in order of hash and id, so that the same entries
 * are the same bytes whatever order they came in. They are numbered from 0; `add` and `remove` renumber.
 *
 * The owner decides what header and fields hold: it reads them from `bytes` at `headerAt` and `fieldsAt`, and
 * writes them through `own()`, which must come first, for it moves the row: `row.own().writeUInt8(1,
 * row.fieldsAt(entry))`.
 */
export class IdEntries {
  /** What the row lies in; not to be written to. */
  bytes: Buffer
  count = 0
  private start = 0
  private end: number
  private copy = Buffer.alloc(1024)
  private readonly headerBytes: number
  private readonly fieldBytes: number
  private readonly name = Buffer.alloc(NAME_BYTES_MAX)
  private nameLength = 0
  /** Where the id of `cursorEntry` begins, so that walking all entries is one pass over the lengths. */
  private cursorEntry = -1
  private cursorAt = 0

  constructor(headerBytes: number, fieldBytes: number) {
    this.headerBytes = headerBytes
    this.fieldBytes = fieldBytes
    this.bytes = this.copy
    this.end = headerBytes + COUNT_BYTES
  }

  /** An empty row: the header is zeros. */
  clear(): this {
    this.bytes = this.copy
    this.start = 0
    this.end = this.headerBytes + COUNT_BYTES
    for (let at = 0; at < this.end; at++) this.copy[at] = 0
    this.count = 0
    this.cursorEntry = -1
    return this
  }

  /** Stands for the rest of the reader's bytes, which must not change while it does. */
  load(reader: ByteReader): this {
    this.bytes = reader.buffer
    this.start = reader.position
    this.end = reader.end
    this.count = this.bytes.readUInt16LE(this.start + this.headerBytes)
    this.cursorEntry = -1
    return this
  }

  save(writer: ByteWriter): void {
    writer.bytes(this.bytes, this.start, this.end)
  }

  /** The row's bytes to write to: a copy, the first time. */
  own(): Buffer {
    if (this.bytes !== this.copy) this.takeCopy(this.end - this.start + SLACK_BYTES)
    return this.bytes
  }

  get headerAt(): number {
    return this.start
  }

  /** Bytes of the row as `save` writes it. */
  get size(): number {
    return this.end - this.start
  }

  fieldsAt(entry: number): number {
    return this.hashesAt + this.count * HASH_BYTES + entry * this.fieldBytes
  }

  hash(entry: number): number {
    return this.bytes.readUInt32LE(this.hashesAt + entry * HASH_BYTES)
  }

  /** The entry's id from its byte `from` on. */
  id(entry: number, from = 0): string {
    const at = this.idAt(entry)
    return this.bytes.toString('utf8', at + from, at + this.bytes[this.lengthsAt + entry]!)
  }

  /** First byte of the id, for owners whose ids begin with a letter of theirs. */
  firstByte(entry: number): number {
    return this.bytes[this.idAt(entry)]!
  }

  find(id: string): number {
    const hash = this.takeName(id)
    for (let entry = this.firstAtLeast(hash); entry < this.count && this.hash(entry) === hash; entry++) {
      if (this.compareName(entry) === 0) return entry
    }
    return NO_ENTRY
  }

  /** Adds an entry whose fields are zeros. The id must have none yet. */
  add(id: string): number {
    const hash = this.takeName(id)
    const { fieldBytes, nameLength } = this
    const bytes = this.room(HASH_BYTES + fieldBytes + 1 + nameLength)
    const entry = this.placeOf(hash)
    const hashAt = this.hashesAt + entry * HASH_BYTES
    const fieldsAt = this.fieldsAt(entry)
    const lengthAt = this.lengthsAt + entry
    const idAt = this.idAt(entry)
    const end = this.end
    this.end = this.moveBy(HASH_BYTES + fieldBytes + 1 + nameLength, idAt, end)
    this.moveBy(HASH_BYTES + fieldBytes + 1, lengthAt, idAt)
    this.moveBy(HASH_BYTES + fieldBytes, fieldsAt, lengthAt)
    this.moveBy(HASH_BYTES, hashAt, fieldsAt)
    this.count++
    bytes.writeUInt16LE(this.count, this.start + this.headerBytes)
    bytes.writeUInt32LE(hash, hashAt)
    for (let at = fieldsAt + HASH_BYTES; at < fieldsAt + HASH_BYTES + fieldBytes; at++) bytes[at] = 0
    bytes[this.lengthsAt + entry] = nameLength
    copyBytes(this.name, 0, nameLength, bytes, idAt + HASH_BYTES + fieldBytes + 1)
    this.cursorEntry = -1
    return entry
  }

  remove(entry: number): void {
    const bytes = this.own()
    const idAt = this.idAt(entry)
    const idEnd = idAt + bytes[this.lengthsAt + entry]!
    const lengthAt = this.lengthsAt + entry
    const fieldsAt = this.fieldsAt(entry)
    const hashAt = this.hashesAt + entry * HASH_BYTES
    let to = hashAt
    to = this.moveTo(to, hashAt + HASH_BYTES, fieldsAt)
    to = this.moveTo(to, fieldsAt + this.fieldBytes, lengthAt)
    to = this.moveTo(to, lengthAt + 1, idAt)
    this.end = this.moveTo(to, idEnd, this.end)
    this.setCount(this.count - 1)
  }

  /**
   * Removes every entry that `isGone` says so of, in one pass however many there are. It is asked once about each, in
   * order, and may read that entry, but look for no id and change nothing. Answers how many went.
   */
  removeWhere(isGone: (entry: number) => boolean): number {
    this.own()
    const { count, lengthsAt } = this
    let kept = 0
    let idsEnd = lengthsAt + count
    for (let entry = 0; entry < count; entry++) {
      if (isGone(entry)) continue
      // Behind the entries that stay there is nothing that is still to be read: each column closes up where it lies.
      if (kept < entry) this.moveEntry(entry, kept, idsEnd)
      idsEnd += this.bytes[lengthsAt + kept]!
      kept++
    }
    if (kept < count) this.closeUp(kept, idsEnd)
    return count - kept
  }

  /** Puts an entry into a smaller place of every column, and its id where the one before that ends. */
  private moveEntry(entry: number, place: number, idTo: number): void {
    const { bytes, hashesAt, lengthsAt } = this
    const idAt = this.idAt(entry)
    const length = bytes[lengthsAt + entry]!
    const hashAt = hashesAt + entry * HASH_BYTES
    const fieldsAt = this.fieldsAt(entry)
    this.moveTo(hashesAt + place * HASH_BYTES, hashAt, hashAt + HASH_BYTES)
    this.moveTo(this.fieldsAt(place), fieldsAt, fieldsAt + this.fieldBytes)
    bytes[lengthsAt + place] = length
    this.moveTo(idTo, idAt, idAt + length)
  }

  /** Ends each column after its first `kept` entries, and puts the next one there. */
  private closeUp(kept: number, idsEnd: number): void {
    const { lengthsAt } = this
    const fieldsAt = this.fieldsAt(0)
    let to = this.hashesAt + kept * HASH_BYTES
    to = this.moveTo(to, fieldsAt, fieldsAt + kept * this.fieldBytes)
    to = this.moveTo(to, lengthsAt, lengthsAt + kept)
    this.end = this.moveTo(to, lengthsAt + this.count, idsEnd)
    this.setCount(kept)
  }

  private setCount(count: number): void {
    this.count = count
    this.bytes.writeUInt16LE(count, this.start + this.headerBytes)
    this.cursorEntry = -1
  }

  /** Moves `[from, until)` up by so many bytes; answers where it ends. */
  private moveBy(bytes: number, from: number, until: number): number {
    if (from < until) this.bytes.copyWithin(from + bytes, from, until)
    return until + bytes
  }

  /** Moves `[from, until)` down to `to`; answers where it ends. */
  private moveTo(to: number, from: number, until: number): number {
    this.bytes.copyWithin(to, from, until)
    return to + until - from
  }

  private get hashesAt(): number {
    return this.start + this.headerBytes + COUNT_BYTES
  }

  private get lengthsAt(): number {
    return this.fieldsAt(this.count)
  }

  private idAt(entry: number): number {
    const { bytes, lengthsAt } = this
    if (this.cursorEntry < 0 || this.cursorEntry > entry) {
      this.cursorEntry = 0
      this.cursorAt = lengthsAt + this.count
    }
    for (; this.cursorEntry < entry; this.cursorEntry++) this.cursorAt += bytes[lengthsAt + this.cursorEntry]!
    return this.cursorAt
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

  /** The first entry whose hash is no smaller; `count` when there is none. */
  private firstAtLeast(hash: number): number {
    let low = 0
    let high = this.count
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.hash(middle) < hash) low = middle + 1
      else high = middle
    }
    return low
  }

  private placeOf(hash: number): number {
    let entry = this.firstAtLeast(hash)
    while (entry < this.count && this.hash(entry) === hash && this.compareName(entry) < 0) entry++
    return entry
  }

  /** Compares an entry's id with the name taken last, by length, then bytes. */
  private compareName(entry: number): number {
    const { bytes, name, nameLength } = this
    const length = bytes[this.lengthsAt + entry]!
    if (length !== nameLength) return length - nameLength
    const at = this.idAt(entry)
    for (let index = 0; index < nameLength; index++) {
      if (bytes[at + index] !== name[index]) return bytes[at + index]! - name[index]!
    }
    return 0
  }

  /** As `own`, with room for so many bytes more. */
  private room(bytes: number): Buffer {
    const needed = this.end - this.start + bytes
    if (this.bytes !== this.copy || needed > this.copy.length) this.takeCopy(needed)
    return this.bytes
  }

  private takeCopy(capacity: number): void {
    const length = this.end - this.start
    const into =
      capacity <= this.copy.length ? this.copy : Buffer.alloc(Math.max(capacity, this.copy.length * 2))
    copyBytes(this.bytes, this.start, this.end, into, 0)
    this.copy = into
    this.bytes = into
    this.start = 0
    this.end = length
    this.cursorEntry = -1
  }
}
