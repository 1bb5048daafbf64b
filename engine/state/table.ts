import { copyBytes, copyData } from '../bytes.ts'
import { hashKey } from '../hash.ts'
import { Arena, sizeClassOf } from './arena.ts'

/** No slot: the key is not in the table. */
export const NO_SLOT = -1
/** Value length of a key known to have no row. */
export const ABSENT = -1

const SLOTS_FIRST = 64
/** Index places per slot: probes stay short at this fill. */
const INDEX_FACTOR = 2

/**
 * A look-up of a million keys is bound by cache misses, so what it reads lies together: an index place is
 * (slot + 1, hash), and a slot is four words of one line.
 */
const PLACE_WORDS = 2
const SLOT_WORDS = 4
const HANDLE = 0
/** `key length · 2^8 + size class`. */
const SHAPE = 1
const VALUE_LENGTH = 2
const HASH = 3

/** A row that shrinks keeps its block until it is this many size classes too large. */
const SHRINK_CLASSES = 4

const grownTo = <T extends Uint8Array | Int32Array>(grown: T, from: T): T => {
  grown.set(from)
  return grown
}

/**
 * An open-addressing hash table from key bytes to row bytes, outside the garbage collector's sight: about 30
 * bytes a key beside the key and the row. A slot's number is stable until the slot is removed.
 */
export class RowTable {
  /** Caller's bits, cleared when a slot is made. */
  flags = new Uint8Array(SLOTS_FIRST)
  /** Slots in use. */
  size = 0
  private readonly arena = new Arena()
  private slots = new Int32Array(SLOTS_FIRST * SLOT_WORDS)
  /** Linear probing; 0 where empty. */
  private index = new Int32Array(SLOTS_FIRST * INDEX_FACTOR * PLACE_WORDS)
  private used = new Uint8Array(SLOTS_FIRST)
  private freeSlots: number[] = []
  /** One past the highest slot ever used. */
  private top = 0

  get liveBytes(): number {
    return this.arena.liveBytes
  }

  /** Bytes of memory, in use or not. */
  get heldBytes(): number {
    const { arena, slots, index, used, flags } = this
    return arena.heldBytes + slots.byteLength + index.byteLength + used.byteLength + flags.byteLength
  }

  /** One past the highest slot: slots below it may be walked with `isUsed`. */
  get slotsEnd(): number {
    return this.top
  }

  isUsed(slot: number): boolean {
    return this.used[slot] === 1
  }

  /** Slot of the key, or NO_SLOT. `hash` is its `hashKey` as a signed integer, for a caller that has it. */
  find(key: Uint8Array, start: number, end: number, hash = hashKey(key, start, end) | 0): number {
    return this.findHashed(key, start, end, hash)
  }

  /** The first slot that a key of this hash may have: a hint, from one line of memory. */
  likelySlot(hash: number): number {
    return this.index[(hash * PLACE_WORDS) & (this.index.length - PLACE_WORDS)]! - 1
  }

  /** The first and the last byte of a slot's key and row, as one number: for who wants them in the cache. */
  ends(slot: number): number {
    const at = slot * SLOT_WORDS
    const handle = this.slots[at + HANDLE]!
    const segment = this.arena.segment(handle)
    const start = this.arena.offset(handle)
    const length = (this.slots[at + SHAPE]! >>> 8) + this.slots[at + VALUE_LENGTH]!
    return segment[start]! ^ segment[start + Math.max(1, length) - 1]!
  }

  /** Slot of the key, made with an absent value if it is new. */
  upsert(key: Uint8Array, start: number, end: number, hash = hashKey(key, start, end) | 0): number {
    const found = this.findHashed(key, start, end, hash)
    return found === NO_SLOT ? this.insert(key, start, end, hash) : found
  }

  /** Buffer that holds the slot's key and value. */
  buffer(slot: number): Buffer {
    return this.arena.segment(this.slots[slot * SLOT_WORDS + HANDLE]!)
  }

  /** The same memory as `buffer`. */
  data(slot: number): DataView {
    return this.arena.data(this.slots[slot * SLOT_WORDS + HANDLE]!)
  }

  keyStart(slot: number): number {
    return this.arena.offset(this.slots[slot * SLOT_WORDS + HANDLE]!)
  }

  keyLength(slot: number): number {
    return this.slots[slot * SLOT_WORDS + SHAPE]! >>> 8
  }

  valueStart(slot: number): number {
    return this.keyStart(slot) + this.keyLength(slot)
  }

  /** Bytes of the row, or ABSENT. */
  valueLength(slot: number): number {
    return this.slots[slot * SLOT_WORDS + VALUE_LENGTH]!
  }

  /** A copy of the slot's key. */
  keyCopy(slot: number): Buffer {
    const start = this.keyStart(slot)
    return Buffer.from(this.buffer(slot).subarray(start, start + this.keyLength(slot)))
  }

  /** A view of the slot's row, valid until the slot changes; undefined when absent. */
  value(slot: number): Buffer | undefined {
    const length = this.valueLength(slot)
    if (length === ABSENT) return undefined
    const start = this.valueStart(slot)
    return this.buffer(slot).subarray(start, start + length)
  }

  set(slot: number, source: Buffer, start: number, end: number): void {
    this.resize(slot, end - start)
    copyBytes(source, start, end, this.buffer(slot), this.valueStart(slot))
  }

  /** As `set`, from memory whose `DataView` is at hand. */
  setFrom(slot: number, source: DataView, start: number, end: number): void {
    this.resize(slot, end - start)
    copyData(source, start, end, this.data(slot), this.valueStart(slot))
  }

  setAbsent(slot: number): void {
    this.slots[slot * SLOT_WORDS + VALUE_LENGTH] = ABSENT
  }

  /** Frees the slot; its number may be used again. */
  remove(slot: number): void {
    this.removeFromIndex(slot)
    this.arena.release(this.slots[slot * SLOT_WORDS + HANDLE]!, this.slots[slot * SLOT_WORDS + SHAPE]! & 0xff)
    this.used[slot] = 0
    this.freeSlots.push(slot)
    this.size--
  }

  clear(): void {
    this.index.fill(0)
    this.used.fill(0, 0, this.top)
    this.freeSlots = []
    this.top = 0
    this.size = 0
    this.arena.reset()
  }

  private findHashed(key: Uint8Array, start: number, end: number, hash: number): number {
    const index = this.index
    const mask = index.length - PLACE_WORDS
    for (let place = (hash * PLACE_WORDS) & mask; ; place = (place + PLACE_WORDS) & mask) {
      const entry = index[place]!
      if (entry === 0) return NO_SLOT
      if (index[place + 1] === hash && this.keyEquals(entry - 1, key, start, end)) return entry - 1
    }
  }

  private keyEquals(slot: number, key: Uint8Array, start: number, end: number): boolean {
    const at = slot * SLOT_WORDS
    const length = this.slots[at + SHAPE]! >>> 8
    if (length !== end - start) return false
    const handle = this.slots[at + HANDLE]!
    const own = this.arena.segment(handle)
    const ownStart = this.arena.offset(handle)
    for (let byte = 0; byte < length; byte++) if (own[ownStart + byte] !== key[start + byte]) return false
    return true
  }

  private insert(key: Uint8Array, start: number, end: number, hash: number): number {
    const slot = this.freeSlots.pop() ?? this.nextSlot()
    const keyLength = end - start
    const sizeClass = sizeClassOf(keyLength)
    const handle = this.arena.allocate(sizeClass)
    const own = this.arena.segment(handle)
    const ownStart = this.arena.offset(handle)
    for (let byte = 0; byte < keyLength; byte++) own[ownStart + byte] = key[start + byte]!
    const at = slot * SLOT_WORDS
    this.slots[at + HANDLE] = handle
    this.slots[at + SHAPE] = (keyLength << 8) | sizeClass
    this.slots[at + VALUE_LENGTH] = ABSENT
    this.slots[at + HASH] = hash
    this.flags[slot] = 0
    this.used[slot] = 1
    this.size++
    this.addToIndex(slot, hash)
    return slot
  }

  private nextSlot(): number {
    if (this.top === this.used.length) this.grow()
    return this.top++
  }

  /** Makes the block fit a value of this length. */
  private resize(slot: number, valueLength: number): void {
    const at = slot * SLOT_WORDS
    const shape = this.slots[at + SHAPE]!
    const needed = sizeClassOf((shape >>> 8) + valueLength)
    const current = shape & 0xff
    if (needed > current || needed + SHRINK_CLASSES < current) this.move(slot, needed)
    this.slots[at + VALUE_LENGTH] = valueLength
  }

  private move(slot: number, sizeClass: number): void {
    const at = slot * SLOT_WORDS
    const from = this.slots[at + HANDLE]!
    const shape = this.slots[at + SHAPE]!
    const keyLength = shape >>> 8
    const to = this.arena.allocate(sizeClass)
    const start = this.arena.offset(from)
    copyData(this.arena.data(from), start, start + keyLength, this.arena.data(to), this.arena.offset(to))
    this.arena.release(from, shape & 0xff)
    this.slots[at + HANDLE] = to
    this.slots[at + SHAPE] = (keyLength << 8) | sizeClass
  }

  private addToIndex(slot: number, hash: number): void {
    const mask = this.index.length - PLACE_WORDS
    let place = (hash * PLACE_WORDS) & mask
    while (this.index[place] !== 0) place = (place + PLACE_WORDS) & mask
    this.index[place] = slot + 1
    this.index[place + 1] = hash
  }

  /** Removes by shifting later entries of the probe run back, so no tombstones pile up (Knuth, vol. 3, 6.4 R). */
  private removeFromIndex(slot: number): void {
    const index = this.index
    const mask = index.length - PLACE_WORDS
    let hole = (this.slots[slot * SLOT_WORDS + HASH]! * PLACE_WORDS) & mask
    while (index[hole] !== slot + 1) hole = (hole + PLACE_WORDS) & mask
    for (let place = (hole + PLACE_WORDS) & mask; index[place] !== 0; place = (place + PLACE_WORDS) & mask) {
      const home = (index[place + 1]! * PLACE_WORDS) & mask
      if (((place - home) & mask) >= ((place - hole) & mask)) {
        index[hole] = index[place]!
        index[hole + 1] = index[place + 1]!
        hole = place
      }
    }
    index[hole] = 0
  }

  private grow(): void {
    const slots = this.used.length * 2
    this.slots = grownTo(new Int32Array(slots * SLOT_WORDS), this.slots)
    this.flags = grownTo(new Uint8Array(slots), this.flags)
    this.used = grownTo(new Uint8Array(slots), this.used)
    this.index = new Int32Array(slots * INDEX_FACTOR * PLACE_WORDS)
    for (let slot = 0; slot < this.top; slot++) {
      if (this.used[slot] === 1) this.addToIndex(slot, this.slots[slot * SLOT_WORDS + HASH]!)
    }
  }
}
