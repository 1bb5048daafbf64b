import { Random } from '../../engine/driver/random.ts'
import { systemClock } from '../../cli/runtime/clock.ts'
import { ExactIndex } from '../../models/retrieval/exact-index.ts'
import { HnswIndex } from '../../models/retrieval/hnsw-index.ts'
import { ITEM_DIMENSIONS, quantiseInto, type VectorIndex } from '../../models/retrieval/vector-index.ts'
import { rounded } from '../rounded.ts'

/** Nearest that recall is measured by, and what a feed asks for: see serving/quotas.ts. */
const RECALL_AT = 100
const FEED_COUNT = 664
const QUERIES = 100
/** Posts lie around subjects, and queries too. */
const SUBJECTS = 500
const SPREAD = 0.8
const PUT_AT_ONCE = 1_000
/** One in so many vectors is replaced, to time inserts into a full index. */
const REPLACED = 500

export interface IndexFigures {
  readonly vectors: number
  readonly exact_p50_ms: number
  readonly exact_p99_ms: number
  readonly graph_p50_ms: number | null
  readonly graph_p99_ms: number | null
  readonly graph_recall_at_100: number | null
  readonly graph_build_us: number | null
  readonly graph_replace_us: number | null
}

/** Exact search and the graph of neighbours over the same vectors, one thread, `FEED_COUNT` found each. */
export const measureIndexes = async (vectors: number): Promise<IndexFigures> => {
  const all = vectorsAround(vectors, 1)
  const queries = vectorsAround(QUERIES, 2)
  const exact = await ExactIndex.create()
  fill(exact, all)
  const exactMs = await searchTimes(exact, queries)
  const truth = await found(exact, queries)
  const figures = { vectors, exact_p50_ms: quantile(exactMs, 0.5), exact_p99_ms: quantile(exactMs, 0.99) }
  await exact.dispose()
  const graph = await HnswIndex.create()
  if (graph === undefined) return { ...figures, ...NO_GRAPH }
  const buildUs = fill(graph, all)
  const graphMs = await searchTimes(graph, queries)
  return {
    ...figures,
    graph_p50_ms: quantile(graphMs, 0.5),
    graph_p99_ms: quantile(graphMs, 0.99),
    graph_recall_at_100: recall(await found(graph, queries), truth),
    graph_build_us: buildUs,
    graph_replace_us: replace(graph, all),
  }
}

const NO_GRAPH = {
  graph_p50_ms: null,
  graph_p99_ms: null,
  graph_recall_at_100: null,
  graph_build_us: null,
  graph_replace_us: null,
}

const vectorsAround = (count: number, seed: number): Int8Array => {
  const middlesOf = new Random(7)
  const middles = Array.from({ length: SUBJECTS }, () =>
    Float32Array.from({ length: ITEM_DIMENSIONS }, () => middlesOf.next() - 0.5),
  )
  const random = new Random(seed)
  const vectors = new Int8Array(count * ITEM_DIMENSIONS)
  const vector = new Float32Array(ITEM_DIMENSIONS)
  for (let index = 0; index < count; index++) {
    const middle = middles[random.below(SUBJECTS)]!
    for (let at = 0; at < ITEM_DIMENSIONS; at++) vector[at] = middle[at]! + SPREAD * (random.next() - 0.5)
    quantiseInto(vector, vectors, index * ITEM_DIMENSIONS)
  }
  return vectors
}

const vectorAt = (vectors: Int8Array, index: number): Int8Array =>
  vectors.slice(index * ITEM_DIMENSIONS, (index + 1) * ITEM_DIMENSIONS)

/** Answers microseconds a vector. */
const fill = (index: VectorIndex, vectors: Int8Array): number => {
  const count = vectors.length / ITEM_DIMENSIONS
  const started = systemClock.monotonicMs()
  for (let first = 0; first < count; first += PUT_AT_ONCE) {
    const end = Math.min(count, first + PUT_AT_ONCE)
    const slots = Uint32Array.from({ length: end - first }, (_, at) => first + at)
    index.put(slots, vectors.subarray(first * ITEM_DIMENSIONS, end * ITEM_DIMENSIONS))
  }
  return rounded(((systemClock.monotonicMs() - started) * 1_000) / count, 3)
}

const replace = (index: VectorIndex, vectors: Int8Array): number => {
  const count = vectors.length / ITEM_DIMENSIONS
  const started = systemClock.monotonicMs()
  for (let at = 0; at < REPLACED; at++) {
    index.put(Uint32Array.of(at), vectorAt(vectors, (at * 7919) % count))
  }
  return rounded(((systemClock.monotonicMs() - started) * 1_000) / REPLACED, 3)
}

const searchTimes = async (index: VectorIndex, queries: Int8Array): Promise<number[]> => {
  const times: number[] = []
  await index.search(vectorAt(queries, 0), FEED_COUNT)
  for (let query = 0; query < QUERIES; query++) {
    const started = systemClock.monotonicMs()
    await index.search(vectorAt(queries, query), FEED_COUNT)
    times.push(systemClock.monotonicMs() - started)
  }
  return times.sort((one, other) => one - other)
}

const found = async (index: VectorIndex, queries: Int8Array): Promise<readonly Uint32Array[]> => {
  const all: Uint32Array[] = []
  for (let query = 0; query < QUERIES; query++) {
    all.push((await index.search(vectorAt(queries, query), RECALL_AT)).slots)
  }
  return all
}

const recall = (found: readonly Uint32Array[], truth: readonly Uint32Array[]): number => {
  const hits = found.map((slots, query) => {
    const wanted = new Set(truth[query])
    return slots.reduce((count, slot) => count + (wanted.has(slot) ? 1 : 0), 0) / wanted.size
  })
  return rounded(hits.reduce((sum, share) => sum + share, 0) / hits.length, 3)
}

const quantile = (sorted: readonly number[], share: number): number =>
  rounded(sorted[Math.floor(share * (sorted.length - 1))]!, 3)
