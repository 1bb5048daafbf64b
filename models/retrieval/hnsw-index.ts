import type { Index } from 'usearch'
import { ITEM_DIMENSIONS, type Matches, NO_MATCHES, type VectorIndex } from './vector-index.ts'

/** Neighbours kept of a vector. Of what was tried, below it recall falls, and above it memory rises. */
const CONNECTIVITY = 16
/** Vectors looked at when one is added, and when one is searched for; the latter at least as many as are asked for. */
const EXPANSION_ADD = 96
const EXPANSION_SEARCH = 192

const PLACES_FIRST = 1_024
/** Key of a slot that holds nothing, and slot of a vector that its slot has left. */
const NONE = -1

/**
 * A graph of neighbours ("Efficient and robust approximate nearest neighbor search using Hierarchical Navigable
 * Small World graphs", Malkov and Yashunin, 2018) by the library usearch, over int8. Finds nearly all of the nearest
 * in a time that hardly grows with their number.
 *
 * Nothing is taken out of the graph, for what the library puts in its place takes a time that grows with the graph
 * (17 ms among a million). What was removed or replaced stays as a way to others and is not found; when there is much of
 * it the graph is worn, and another is to be made.
 */
export class HnswIndex implements VectorIndex {
  private readonly index: Index
  /** By slot. Keys are given out in order. */
  private keyOf: Int32Array = new Int32Array(PLACES_FIRST).fill(NONE)
  /** By key. */
  private slotOf: Int32Array = new Int32Array(PLACES_FIRST)
  private added = 0
  private held = 0

  private constructor(index: Index) {
    this.index = index
  }

  /** Undefined where the library, which is optional, is not installed or has no binary for this machine. */
  static async create(): Promise<HnswIndex | undefined> {
    const library = await import('usearch').catch(() => undefined)
    if (library === undefined) return undefined
    const index = new library.Index({
      metric: library.MetricKind.Cos,
      quantization: library.ScalarKind.I8,
      dimensions: ITEM_DIMENSIONS,
      connectivity: CONNECTIVITY,
      expansion_add: EXPANSION_ADD,
      expansion_search: EXPANSION_SEARCH,
      multi: false,
    })
    return new HnswIndex(index)
  }

  get size(): number {
    return this.held
  }

  /** Whether more than a third of the graph is of what was removed. */
  get isWorn(): boolean {
    return this.added - this.held > this.held / 2
  }

  put(slots: Uint32Array, vectors: Int8Array): void {
    if (slots.length === 0) return
    this.index.add(
      BigUint64Array.from(slots, (slot) => BigInt(this.enter(slot))),
      vectors,
      1,
    )
  }

  remove(slots: Uint32Array): void {
    for (const slot of slots) this.leave(slot)
  }

  async search(vector: Int8Array, count: number): Promise<Matches> {
    const wanted = Math.min(count, this.held)
    if (wanted === 0) return NO_MATCHES
    // Where those that left lie thick, more must be asked for than their share.
    for (let asked = Math.ceil((wanted * this.added) / this.held); ; asked *= 2) {
      const matches = this.present(vector, Math.min(asked, this.added), wanted)
      if (matches.slots.length === wanted || asked >= this.added) return matches
    }
  }

  async dispose(): Promise<void> {
    // The library frees its memory with the object.
  }

  /** Of the nearest `asked` in the graph, the first `wanted` that are in their slots. */
  private present(vector: Int8Array, asked: number, wanted: number): Matches {
    const { keys, distances } = this.index.search(vector, asked, 1)
    const slots = new Uint32Array(wanted)
    const scores = new Float32Array(wanted)
    let found = 0
    for (let at = 0; at < keys.length && found < wanted; at++) {
      const slot = this.slotOf[Number(keys[at])]!
      if (slot === NONE) continue
      slots[found] = slot
      scores[found++] = 1 - distances[at]!
    }
    return { slots: slots.subarray(0, found), scores: scores.subarray(0, found) }
  }

  /** Answers the key of what a slot holds from now on. */
  private enter(slot: number): number {
    this.leave(slot)
    const key = this.added++
    this.keyOf = reaching(slot, this.keyOf)
    this.slotOf = reaching(key, this.slotOf)
    this.keyOf[slot] = key
    this.slotOf[key] = slot
    this.held++
    return key
  }

  private leave(slot: number): void {
    const key = this.keyOf[slot] ?? NONE
    if (key === NONE) return
    this.slotOf[key] = NONE
    this.keyOf[slot] = NONE
    this.held--
  }
}

/** The array, or a longer one that has a place. */
const reaching = (place: number, places: Int32Array): Int32Array => {
  if (place < places.length) return places
  const longer = new Int32Array(Math.max(place + 1, places.length * 2)).fill(NONE)
  longer.set(places)
  return longer
}
