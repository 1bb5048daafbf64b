import type { Index } from 'usearch'
import { ITEM_DIMENSIONS, type Matches, NO_MATCHES, type VectorIndex } from './vector-index.ts'

/** Neighbours kept of a vector. Of what was tried, below it recall falls, and above it memory rises. */
const CONNECTIVITY = 16
/** Vectors looked at when one is added, and when one is searched for; the latter at least as many as are asked for. */
const EXPANSION_ADD = 96
const EXPANSION_SEARCH = 192

/**
 * A graph of neighbours ("Efficient and robust approximate nearest neighbor search using Hierarchical Navigable
 * Small World graphs", Malkov and Yashunin, 2018) by the library usearch, over int8. Finds nearly all of the nearest
 * in a time that hardly grows with their number.
 */
export class HnswIndex implements VectorIndex {
  private readonly index: Index

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
    return this.index.size()
  }

  put(slots: Uint32Array, vectors: Int8Array): void {
    if (slots.length === 0) return
    this.remove(slots)
    this.index.add(keysOf(slots), vectors, 1)
  }

  remove(slots: Uint32Array): void {
    for (const slot of slots) {
      const key = BigInt(slot)
      if (this.index.contains(key)) this.index.remove(key)
    }
  }

  async search(vector: Int8Array, count: number): Promise<Matches> {
    if (this.size === 0) return NO_MATCHES
    const { keys, distances } = this.index.search(vector, Math.min(count, this.size), 1)
    return {
      slots: Uint32Array.from(keys, Number),
      scores: Float32Array.from(distances, (distance) => 1 - distance),
    }
  }

  async dispose(): Promise<void> {
    // The library frees its memory with the object.
  }
}

const keysOf = (slots: Uint32Array): BigUint64Array => BigUint64Array.from(slots, BigInt)
