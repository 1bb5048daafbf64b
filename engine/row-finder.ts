import { ByteWriter } from './bytes.ts'
import { hashKey } from './hash.ts'
import type { KeyWriter } from './key.ts'
import type { Store } from './state/store.ts'
import { NO_SLOT } from './state/table.ts'

/** Keys looked up together: their lines and pages must stay known to the processor until they are used. */
const KEYS_MAX = 256

/**
 * Finds the slots of many keys. Among a million keys each look-up waits for memory three times, one wait after
 * the other. So keys are collected, and for all of them the index is read, then the slots, then the rows, in
 * loops so short that the waits of a dozen keys overlap; the look-ups proper then find everything at hand.
 */
export class RowFinder {
  private readonly slots: Int32Array
  private readonly keys = new ByteWriter(1 << 16)
  private readonly stores: Store[] = []
  private readonly places = new Int32Array(KEYS_MAX)
  private readonly keyEnds = new Int32Array(KEYS_MAX)
  private readonly hashes = new Int32Array(KEYS_MAX)
  private readonly likely = new Int32Array(KEYS_MAX)
  /** Where what is read ahead goes, for a value that goes nowhere would not be read. */
  private readonly nowhere = new Int32Array(KEYS_MAX)
  private count = 0

  /** Slots go into `slots`. */
  constructor(slots: Int32Array) {
    this.slots = slots
  }

  /** Wants the row of a key: after `find`, `slots[place]` is its slot. */
  add(store: Store, key: KeyWriter, place: number): void {
    if (this.count === KEYS_MAX) this.find()
    const index = this.count++
    this.stores[index] = store
    this.places[index] = place
    this.hashes[index] = hashKey(key.buffer, 0, key.length)
    this.keys.bytes(key.buffer, 0, key.length)
    this.keyEnds[index] = this.keys.position
  }

  /** Finds what was added since the last call. */
  find(): void {
    const { stores, keyEnds, hashes, places, slots, count } = this
    this.readAhead()
    const keys = this.keys.buffer
    let start = 0
    for (let index = 0; index < count; index++) {
      const end = keyEnds[index]!
      slots[places[index]!] = stores[index]!.want(keys, start, end, hashes[index])
      start = end
    }
    this.keys.reset()
    this.count = 0
  }

  private readAhead(): void {
    const { stores, hashes, likely, nowhere, count } = this
    for (let index = 0; index < count; index++) {
      likely[index] = stores[index]!.table.likelySlot(hashes[index]!)
    }
    for (let index = 0; index < count; index++) {
      if (likely[index] !== NO_SLOT) nowhere[index] = stores[index]!.table.valueLength(likely[index]!)
    }
    for (let index = 0; index < count; index++) {
      if (likely[index] !== NO_SLOT) nowhere[index] = stores[index]!.table.ends(likely[index]!)
    }
  }
}
