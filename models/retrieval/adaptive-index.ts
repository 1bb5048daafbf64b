import { ExactIndex } from './exact-index.ts'
import { HnswIndex } from './hnsw-index.ts'
import { ITEM_DIMENSIONS, type Matches, type VectorIndex } from './vector-index.ts'

/** Vectors from which on the graph of neighbours is searched: where it was measured to win (bench/RESULTS.md), */
export const GRAPH_FROM = 200_000
/** and below which it is given up again. Far apart, for to build it takes minutes. */
const GRAPH_UNTIL = GRAPH_FROM / 2
/** Vectors that are moved into a graph at a time: some 10 ms, for which searches wait. */
const MOVED_AT_ONCE = 16
/** A vector that is less like what a graph holds than this cosine has drifted. */
const DRIFTED_BELOW = 0.99

/** A graph that is being made. */
interface Growing {
  readonly graph: HnswIndex
  /** Slots below it are in it. */
  moved: number
}

/**
 * Looks at every vector while they are few, and searches a graph of neighbours when they are many. The exact index
 * is kept beside the graph: it is small, and what the graph is made of. A graph that is worn is searched until another
 * has been made.
 */
export class AdaptiveIndex implements VectorIndex {
  private readonly exact: ExactIndex
  private readonly graphFrom: number
  private graph: HnswIndex | undefined
  private growing: Growing | undefined
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
    return this.graph === undefined ? 'exact' : 'graph'
  }

  put(slots: Uint32Array, vectors: Int8Array): void {
    this.exact.put(slots, vectors)
    this.graph?.put(slots, vectors)
    const { growing } = this
    if (growing === undefined) return
    for (const [index, slot] of slots.entries())
      if (slot < growing.moved) growing.graph.put(Uint32Array.of(slot), vectorAt(vectors, index))
  }

  /**
   * As `put`, of slots that hold a vector much like it: where there is a graph, those that have not drifted stay as they
   * are, for to replace one takes half a millisecond. Answers how many were put into a graph.
   */
  renew(slots: Uint32Array, vectors: Int8Array): number {
    if (this.graph === undefined && this.growing === undefined) {
      this.put(slots, vectors)
      return 0
    }
    let drifted = 0
    for (const [index, slot] of slots.entries()) {
      const vector = vectorAt(vectors, index)
      if (cosine(vector, this.exact.vectorAt(slot)) >= DRIFTED_BELOW) continue
      this.put(Uint32Array.of(slot), vector)
      drifted++
    }
    return drifted
  }

  remove(slots: Uint32Array): void {
    this.exact.remove(slots)
    this.graph?.remove(slots)
    this.growing?.graph.remove(slots)
    if (this.size < this.graphFrom * (GRAPH_UNTIL / GRAPH_FROM)) this.giveUp()
  }

  async search(vector: Int8Array, count: number): Promise<Matches> {
    return (this.graph ?? this.exact).search(vector, count)
  }

  /** Does a part of what is to be done behind searches; answers whether more is left. One call at a time. */
  async tend(): Promise<boolean> {
    if (this.growing === undefined && this.wantsGraph) this.growing = await this.begin()
    return this.growing !== undefined && this.move(this.growing)
  }

  async dispose(): Promise<void> {
    this.giveUp()
    await this.exact.dispose()
  }

  private get wantsGraph(): boolean {
    if (this.isGraphMissing || this.size < this.graphFrom) return false
    return this.graph?.isWorn ?? true
  }

  private async begin(): Promise<Growing | undefined> {
    const graph = await HnswIndex.create()
    this.isGraphMissing = graph === undefined
    return graph && { graph, moved: 0 }
  }

  private move(growing: Growing): boolean {
    let left = MOVED_AT_ONCE
    for (const slot of this.exact.slotsFrom(growing.moved)) {
      growing.graph.put(Uint32Array.of(slot), this.exact.vectorAt(slot).slice())
      growing.moved = slot + 1
      if (--left === 0) return true
    }
    this.graph = growing.graph
    this.growing = undefined
    return false
  }

  private giveUp(): void {
    this.graph = undefined
    this.growing = undefined
  }
}

const vectorAt = (vectors: Int8Array, index: number): Int8Array =>
  vectors.subarray(index * ITEM_DIMENSIONS, (index + 1) * ITEM_DIMENSIONS)

/** Of int8, whose lengths differ by a percent; of vectors of zeros, which say nothing, 1. */
const cosine = (one: Int8Array, other: Int8Array): number => {
  let [product, square, otherSquare] = [0, 0, 0]
  for (let index = 0; index < ITEM_DIMENSIONS; index++) {
    product += one[index]! * other[index]!
    square += one[index]! ** 2
    otherSquare += other[index]! ** 2
  }
  if (square === otherSquare && product === square) return 1
  return product / Math.max(1, Math.sqrt(square * otherSquare))
}
