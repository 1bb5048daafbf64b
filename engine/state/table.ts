import { hashKey } from '../hash.ts'
import { Arena, sizeClassOf } from './arena.ts'

/** No slot: the key is not in the table. */
export const NO_SLOT = -1
/** Value length of a key known to have no row. */
export const ABSENT = -1

const SLOTS_FIRST = 1024
/** Index entries per slot: probes stay short at this fill. */
const INDEX_FACTOR = 2

/** A row that shrinks keeps its block until it is this many size classes too large. */
const SHRINK_CLASSES = 4

const grownTo = <T extends Uint8Array | Uint16Array | Uint32Array | Int32Array>(grown: T, from: T): T => {
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
  private hashes = new Uint32Array(SLOTS_FIRST)
  private handles = new Uint32Array(SLOTS_FIRST)
  private sizeClasses = new Uint8Array(SLOTS_FIRST)
  private keyLengths = new Uint16Array(SLOTS_FIRST)
  private valueLengths = new Int32Array(SLOTS_FIRST)
  /** Slot + 1, or 0 where empty; linear probing. */
  private index = new Int32Array(SLOTS_FIRST * INDEX_FACTOR)
  private used = new Uint8Array(SLOTS_FIRST)
  private freeSlots: number[] = []
  /** One past the highest slot ever used. */
  private top = 0

  get liveBytes(): number {
    return this.arena.liveBytes
  }

  /** One past the highest slot: slots below it may be walked with `isUsed`. */
  get slotsEnd(): number {
    return this.top
  }

  isUsed(slot: number): boolean {
    return this.used[slot] === 1
  }

  find(key: Uint8Array, start: number, end: number): number {
    return this.findHashed(key, start, end, hashKey(key, start, end))
  }

  /** Slot of the key, made with an absent value if it is new. */
  upsert(key: Uint8Array, start: number, end: number): number {
    const hash = hashKey(key, start, end)
    const found = this.findHashed(key, start, end, hash)
    return found === NO_SLOT ? this.insert(key, start, end, hash) : found
  }

  /** Buffer that holds the slot's key and value. */
  buffer(slot: number): Buffer {
    return this.arena.segment(this.handles[slot]!)
  }

  keyStart(slot: number): number {
    return this.arena.offset(this.handles[slot]!)
  }

  keyLength(slot: number): number {
    return this.keyLengths[slot]!
  }

  valueStart(slot: number): number {
    return this.keyStart(slot) + this.keyLengths[slot]!
  }

  /** Bytes of the row, or ABSENT. */
  valueLength(slot: number): number {
    return this.valueLengths[slot]!
  }

  /** A copy of the slot's key. */
  keyCopy(slot: number): Buffer {
    const start = this.keyStart(slot)
    return Buffer.from(this.buffer(slot).subarray(start, start + this.keyLengths[slot]!))
  }

  /** A view of the slot's row, valid until the slot changes; undefined when absent. */
  value(slot: number): Buffer | undefined {
    const length = this.valueLengths[slot]!
    if (length === ABSENT) return undefined
    const start = this.valueStart(slot)
    return this.buffer(slot).subarray(start, start + length)
  }

  set(slot: number, source: Buffer, start: number, end: number): void {
    const keyLength = this.keyLengths[slot]!
    const needed = sizeClassOf(keyLength + end - start)
    const current = this.sizeClasses[slot]!
    if (needed > current || needed + SHRINK_CLASSES < current) this.move(slot, needed, keyLength)
    source.copy(this.buffer(slot), this.valueStart(slot), start, end)
    this.valueLengths[slot] = end - start
  }

  setAbsent(slot: number): void {
    this.valueLengths[slot] = ABSENT
  }

  /** Frees the slot; its number may be used again. */
  remove(slot: number): void {
    this.removeFromIndex(slot)
    this.arena.release(this.handles[slot]!, this.sizeClasses[slot]!)
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
    const mask = this.index.length - 1
    for (let probe = hash & mask; ; probe = (probe + 1) & mask) {
      const entry = this.index[probe]!
      if (entry === 0) return NO_SLOT
      const slot = entry - 1
      if (this.hashes[slot] === hash && this.keyEquals(slot, key, start, end)) return slot
    }
  }

  private keyEquals(slot: number, key: Uint8Array, start: number, end: number): boolean {
    const length = this.keyLengths[slot]!
    if (length !== end - start) return false
    const handle = this.handles[slot]!
    const own = this.arena.segment(handle)
    const ownStart = this.arena.offset(handle)
    for (let at = 0; at < length; at++) if (own[ownStart + at] !== key[start + at]) return false
    return true
  }

  private insert(key: Uint8Array, start: number, end: number, hash: number): number {
    const slot = this.freeSlots.pop() ?? this.nextSlot()
    const keyLength = end - start
    const sizeClass = sizeClassOf(keyLength)
    const handle = this.arena.allocate(sizeClass)
    const own = this.arena.segment(handle)
    const ownStart = this.arena.offset(handle)
    for (let at = 0; at < keyLength; at++) own[ownStart + at] = key[start + at]!
    this.hashes[slot] = hash
    this.handles[slot] = handle
    this.sizeClasses[slot] = sizeClass
    this.keyLengths[slot] = keyLength
    this.valueLengths[slot] = ABSENT
    this.flags[slot] = 0
    this.used[slot] = 1
    this.size++
    this.addToIndex(slot, hash)
    return slot
  }

  private nextSlot(): number {
    if (this.top === this.hashes.length) this.grow()
    return this.top++
  }

  private move(slot: number, sizeClass: number, keyLength: number): void {
    const from = this.handles[slot]!
    const to = this.arena.allocate(sizeClass)
    const start = this.arena.offset(from)
    this.arena.segment(from).copy(this.arena.segment(to), this.arena.offset(to), start, start + keyLength)
    this.arena.release(from, this.sizeClasses[slot]!)
    this.handles[slot] = to
    this.sizeClasses[slot] = sizeClass
  }

  private addToIndex(slot: number, hash: number): void {
    const mask = this.index.length - 1
    let probe = hash & mask
    while (this.index[probe] !== 0) probe = (probe + 1) & mask
    this.index[probe] = slot + 1
  }

  /** Removes by shifting later entries of the probe run back, so no tombstones pile up (Knuth, vol. 3, 6.4 R). */
  private removeFromIndex(slot: number): void {
    const mask = this.index.length - 1
    let hole = this.hashes[slot]! & mask
    while (this.index[hole] !== slot + 1) hole = (hole + 1) & mask
    for (let probe = (hole + 1) & mask; this.index[probe] !== 0; probe = (probe + 1) & mask) {
      const home = this.hashes[this.index[probe]! - 1]! & mask
      if (((probe - home) & mask) >= ((probe - hole) & mask)) {
        this.index[hole] = this.index[probe]!
        hole = probe
      }
    }
    this.index[hole] = 0
  }

  private grow(): void {
    const slots = this.hashes.length * 2
    this.hashes = grownTo(new Uint32Array(slots), this.hashes)
    this.handles = grownTo(new Uint32Array(slots), this.handles)
    this.sizeClasses = grownTo(new Uint8Array(slots), this.sizeClasses)
    this.keyLengths = grownTo(new Uint16Array(slots), this.keyLengths)
    this.valueLengths = grownTo(new Int32Array(slots), this.valueLengths)
    this.flags = grownTo(new Uint8Array(slots), this.flags)
    this.used = grownTo(new Uint8Array(slots), this.used)
    this.index = new Int32Array(slots * INDEX_FACTOR)
    for (let slot = 0; slot < this.top; slot++)
      if (this.used[slot] === 1) this.addToIndex(slot, this.hashes[slot]!)
  }
}
