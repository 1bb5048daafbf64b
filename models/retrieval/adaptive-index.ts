import { ExactIndex } from './exact-index.ts'
import { HnswIndex } from './hnsw-index.ts'
import { ITEM_DIMENSIONS, type Matches, type VectorIndex } from './vector-index.ts'

/** Vectors from which on the graph of neighbours is searched: where it was measured to win (bench/RESULTS.md), */
export const GRAPH_FROM = 200_000
/** and below which it is given up again. Far apart, for to build it takes minutes. */
const GRAPH_UNTIL = GRAPH_FROM / 2
/** Vectors that are moved into the graph at a time: some 10 ms, for which searches wait. */
const MOVED_AT_ONCE = 64

/**
 * Looks at every vector while they are few, and searches a graph of neighbours when they are many. The exact index
 * is kept beside the graph: it is small, and what the graph is made of.
 */
export class AdaptiveIndex implements VectorIndex {
  private readonly exact: ExactIndex
  private readonly graphFrom: number
  private graph: HnswIndex | undefined
  /** Slots below it are in the graph. */
  private moved = 0
  private isGraphMissing = false

  private constructor(exact: ExactIndex, graphFrom: number) {
    this.exact = exact
    this.graphFrom = graphFrom
  }

  /** `graphFrom` is the number of vectors from which on the graph is built. */
  static async create(graphFrom = GRAPH_FROM): Promise<AdaptiveIndex> {
    return new AdaptiveIndex(await ExactIndex.create(), graphFrom)
  }

  get size(): number {
    return this.exact.size
  }

  /** What a search looks through. */
  get kind(): 'exact' | 'graph' {
    return this.graph !== undefined && this.moved === Infinity ? 'graph' : 'exact'
  }

  put(slots: Uint32Array, vectors: Int8Array): void {
    this.exact.put(slots, vectors)
    if (this.graph === undefined) return
    for (const [index, slot] of slots.entries()) {
      if (slot >= this.moved) continue
      const from = index * ITEM_DIMENSIONS
      this.graph.put(Uint32Array.of(slot), vectors.subarray(from, from + ITEM_DIMENSIONS))
    }
  }

  remove(slots: Uint32Array): void {
    this.exact.remove(slots)
    this.graph?.remove(slots)
    if (this.graph !== undefined && this.size < this.graphFrom * (GRAPH_UNTIL / GRAPH_FROM)) this.giveUp()
  }

  async search(vector: Int8Array, count: number): Promise<Matches> {
    return this.kind === 'graph' ? this.graph!.search(vector, count) : this.exact.search(vector, count)
  }

  /** Does a part of what is to be done behind searches; answers whether more is left. One call at a time. */
  async tend(): Promise<boolean> {
    if (this.kind === 'graph' || this.isGraphMissing || this.size < this.graphFrom) return false
    this.graph ??= await this.begin()
    return this.graph !== undefined && this.move(this.graph)
  }

  async dispose(): Promise<void> {
    this.giveUp()
    await this.exact.dispose()
  }

  private async begin(): Promise<HnswIndex | undefined> {
    const graph = await HnswIndex.create()
    this.isGraphMissing = graph === undefined
    return graph
  }

  private move(graph: HnswIndex): boolean {
    let left = MOVED_AT_ONCE
    for (const slot of this.exact.slotsFrom(this.moved)) {
      graph.put(Uint32Array.of(slot), this.exact.vectorAt(slot).slice())
      this.moved = slot + 1
      if (--left === 0) return true
    }
    this.moved = Infinity
    return false
  }

  private giveUp(): void {
    this.graph = undefined
    this.moved = 0
  }
}
