import { type IndexFigures, measureIndexes } from './retrieval/index-sizes.ts'
import { worldRecall, type WorldRecall } from './retrieval/world-recall.ts'

export interface RetrievalBenchOptions {
  /** Vectors of the largest index; ten times fewer each before it, from a thousand on. */
  readonly keys: number
  readonly users: number
  readonly posts: number
  readonly days: number
  readonly seed: number
  /** Says how far it is. */
  readonly told: (line: string) => void
}

export const RETRIEVAL_BENCH_DEFAULTS: RetrievalBenchOptions = {
  keys: 100_000,
  users: 500,
  posts: 10_000,
  days: 5,
  seed: 1,
  told: () => undefined,
}

const SIZE_MIN = 1_000

export interface RetrievalBenchResult {
  readonly indexes: readonly IndexFigures[]
  /** The smallest size measured at which the graph is the faster by its median; null where it never was. */
  readonly graph_from: number | null
  readonly world: WorldRecall
}

export const about =
  'Search by exact products and by a graph of neighbours, and what towers find beside popularity.'

/** Searching by exact products and by a graph of neighbours, and what the towers find of what people react to next. */
export const run = async (given: Partial<RetrievalBenchOptions> = {}): Promise<RetrievalBenchResult> => {
  const options = { ...RETRIEVAL_BENCH_DEFAULTS, ...given }
  const indexes: IndexFigures[] = []
  for (let size = Math.min(SIZE_MIN, options.keys); size <= options.keys; size *= 10) {
    const figures = await measureIndexes(size)
    options.told(`${size} vectors: ${JSON.stringify(figures)}`)
    indexes.push(figures)
  }
  const wins = indexes.find(
    ({ graph_p50_ms, exact_p50_ms }) => graph_p50_ms !== null && graph_p50_ms < exact_p50_ms,
  )
  return { indexes, graph_from: wins?.vectors ?? null, world: await worldRecall(options) }
}
