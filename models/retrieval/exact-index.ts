import { InferenceSession, Tensor } from 'onnxruntime-node'
import { GraphBuilder } from '../graph/builder.ts'
import { onnxModel } from '../onnx/model.ts'
import { ITEM_DIMENSIONS, ITEM_SCALE, type Matches, NO_MATCHES, type VectorIndex } from './vector-index.ts'

/** Slots of a segment: 2 MiB of vectors, which stay in a core's cache while they are searched. */
export const SEGMENT_SLOTS = 32_768

/** Added to the product of a slot that holds nothing; no product comes near it. */
const EMPTY = -1e9

/**
 * Looks at every vector: products of int8 (MatMulInteger) and the greatest of them (TopK) by the ONNX runtime,
 * segment by segment. 69 bytes a slot. Measured against floats and against the other way round: bench/RESULTS.md.
 */
export class ExactIndex implements VectorIndex {
  size = 0
  private readonly session: InferenceSession
  private readonly segments: Segment[] = []

  private constructor(session: InferenceSession) {
    this.session = session
  }

  static async create(): Promise<ExactIndex> {
    const bytes = onnxModel(searchGraph())
    const options = { intraOpNumThreads: 1, interOpNumThreads: 1, executionMode: 'sequential' } as const
    return new ExactIndex(await InferenceSession.create(bytes, options))
  }

  put(slots: Uint32Array, vectors: Int8Array): void {
    for (let index = 0; index < slots.length; index++) {
      const { segment, place } = this.placeOf(slots[index]!)
      const from = index * ITEM_DIMENSIONS
      segment.vectors.set(vectors.subarray(from, from + ITEM_DIMENSIONS), place * ITEM_DIMENSIONS)
      if (segment.added[place] === EMPTY) this.count(segment, 1)
      segment.added[place] = 0
      segment.end = Math.max(segment.end, place + 1)
    }
  }

  remove(slots: Uint32Array): void {
    for (const slot of slots) {
      const segment = this.segments[Math.floor(slot / SEGMENT_SLOTS)]
      const place = slot % SEGMENT_SLOTS
      if (segment === undefined || segment.added[place] === EMPTY) continue
      segment.added[place] = EMPTY
      this.count(segment, -1)
    }
  }

  async search(vector: Int8Array, count: number): Promise<Matches> {
    const found: Found[] = []
    for (const [index, segment] of this.segments.entries()) {
      if (segment.size > 0) found.push(await this.searchSegment(segment, index, vector, count))
    }
    return nearest(found, count)
  }

  async dispose(): Promise<void> {
    await this.session.release()
  }

  /** The vector of a slot that holds one, where it lies. */
  vectorAt(slot: number): Int8Array {
    const { segment, place } = this.placeOf(slot)
    return segment.vectors.subarray(place * ITEM_DIMENSIONS, (place + 1) * ITEM_DIMENSIONS)
  }

  /** Slots that hold a vector, from one on. */
  *slotsFrom(first: number): Generator<number> {
    for (let slot = first; slot < this.segments.length * SEGMENT_SLOTS; slot++) {
      const segment = this.segments[Math.floor(slot / SEGMENT_SLOTS)]!
      if (segment.added[slot % SEGMENT_SLOTS] !== EMPTY) yield slot
    }
  }

  private async searchSegment(
    { vectors, added, end, size }: Segment,
    index: number,
    vector: Int8Array,
    count: number,
  ): Promise<Found> {
    const { values, indices } = await this.session.run({
      vectors: new Tensor('int8', vectors.subarray(0, end * ITEM_DIMENSIONS), [end, ITEM_DIMENSIONS]),
      vector: new Tensor('int8', vector, [ITEM_DIMENSIONS, 1]),
      added: new Tensor('float32', added.subarray(0, end), [end]),
      count: new Tensor('int64', BigInt64Array.of(BigInt(Math.min(count, size))), [1]),
    })
    return {
      products: values!.data as Float32Array,
      places: indices!.data as BigInt64Array,
      first: index * SEGMENT_SLOTS,
      next: 0,
    }
  }

  private placeOf(slot: number): { readonly segment: Segment; readonly place: number } {
    const index = Math.floor(slot / SEGMENT_SLOTS)
    while (this.segments.length <= index) this.segments.push(newSegment())
    return { segment: this.segments[index]!, place: slot % SEGMENT_SLOTS }
  }

  private count(segment: Segment, by: number): void {
    segment.size += by
    this.size += by
  }
}

interface Segment {
  readonly vectors: Int8Array
  /** 0 for a slot that holds a vector, `EMPTY` for one that does not. */
  readonly added: Float32Array
  /** Slots that hold a vector, */
  size: number
  /** and the end of those that ever did. */
  end: number
}

const newSegment = (): Segment => ({
  vectors: new Int8Array(SEGMENT_SLOTS * ITEM_DIMENSIONS),
  added: new Float32Array(SEGMENT_SLOTS).fill(EMPTY),
  size: 0,
  end: 0,
})

/** What a segment found, greatest first, as far as it was taken. */
interface Found {
  readonly products: Float32Array
  readonly places: BigInt64Array
  readonly first: number
  next: number
}

/** Merges what segments found. They are few, so the greatest of their next is looked for one by one. */
const nearest = (found: readonly Found[], count: number): Matches => {
  if (found.length === 0) return NO_MATCHES
  const total = found.reduce((sum, { products }) => sum + products.length, 0)
  const slots = new Uint32Array(Math.min(count, total))
  const scores = new Float32Array(slots.length)
  for (let at = 0; at < slots.length; at++) {
    let best: Found | undefined
    for (const each of found) {
      if (each.next === each.products.length) continue
      if (best === undefined || each.products[each.next]! > best.products[best.next]!) best = each
    }
    slots[at] = best!.first + Number(best!.places[best!.next])
    scores[at] = best!.products[best!.next++]! / ITEM_SCALE ** 2
  }
  return { slots, scores }
}

const searchGraph = (): ReturnType<GraphBuilder['build']> => {
  const graph = new GraphBuilder('exact-search')
  const vectors = graph.input('vectors', ['slots', ITEM_DIMENSIONS], 'int8')
  const vector = graph.input('vector', [ITEM_DIMENSIONS, 1], 'int8')
  const added = graph.input('added', ['slots'])
  const count = graph.input('count', [1], 'int64')
  const products = graph.reshape(graph.toFloat(graph.matMulInteger(vectors, vector)), ['slots'])
  const { values, indices } = graph.topK(graph.add(products, added), count)
  return graph.build([graph.named(values, 'values'), graph.named(indices, 'indices')])
}
