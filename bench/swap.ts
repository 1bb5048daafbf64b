/**
 * What a swap of models costs the feeds that are asked for meanwhile: p99 with each of the three models swapped every
 * five seconds, by p99 without. Spans with and without swaps take turns, so that what else the machine does falls on both alike. Requests
 * come one at a time over HTTP, from a process of their own. The heavy snapshots are of the size of ones that have
 * learned of a hundred thousand people and posts; towers move far enough for every vector of the index to be replaced.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildServer, closeServer, listen } from '../cli/http/server.ts'
import { LocalInspection } from '../cli/inspect/local.ts'
import { LiveFigures } from '../cli/live/live-figures.ts'
import { PrometheusMetrics } from '../cli/metrics.ts'
import { systemClock } from '../cli/runtime/clock.ts'
import { openData } from '../cli/runtime/open.ts'
import { PrometheusStageMetrics } from '../cli/stage-metrics.ts'
import { serveSnapshot } from '../cli/serving/serve-snapshot.ts'
import { openServing, type Serving } from '../cli/serving/open.ts'
import { Random } from '../engine/driver/random.ts'
import { EmbeddingTables } from '../models/embeddings/tables.ts'
import { priorParameters } from '../models/prior/prior.ts'
import { HEAVY_NETWORK } from '../models/rankers.ts'
import { REGISTERED_MODELS, type RegisteredModel } from '../models/registry/record.ts'
import { writeTowers } from '../models/retrieval/tower-snapshot.ts'
import { priorTowers } from '../models/retrieval/towers.ts'
import { writeSnapshot, type Written } from '../models/snapshot/write.ts'
import { DEFAULT_LEARNER } from '../models/training/learner.ts'
import { askApart, quantile } from './feed/asking.ts'
import type { ClientReport } from './feed/client.ts'
import { load } from './feed/load.ts'
import { sizeOf, Society, USUAL } from './feed/society.ts'
import { rounded } from './rounded.ts'

export interface SwapBenchOptions {
  /** Posts in state. */
  readonly keys: number
  /** Length of each span; there are two with swaps and two without. */
  readonly seconds: number
}

export const SWAP_BENCH_DEFAULTS: SwapBenchOptions = { keys: 20_000, seconds: 20 }

export interface SwapBenchResult {
  readonly p50_ms_without: number
  readonly p99_ms_without: number
  readonly p50_ms_with: number
  readonly p99_ms_with: number
  /** p99 with swaps by p99 without. */
  readonly ratio: number
  readonly requests: number
  /** Of the heavy ranker. */
  readonly swaps: number
  readonly light_swaps: number
  readonly retrieval_swaps: number
  readonly snapshot_bytes: number
}

const LIMIT = 20
const SWAP_EVERY_MS_MAX = 5_000
const WARM_UP_MS_MAX = 3_000
const LEARNED_ROWS = 100_000

export const about = 'How long feeds take while models are swapped.'

export const run = async (given: Partial<SwapBenchOptions> = {}): Promise<SwapBenchResult> => {
  const options = { ...SWAP_BENCH_DEFAULTS, ...given }
  const directory = await mkdtemp(join(tmpdir(), 'freshet-swap-'))
  const metrics = new PrometheusMetrics()
  const live = new LiveFigures(systemClock)
  const { embedded, counts, topology } = await openData({ data: directory, metrics, serves: true })
  const clock = systemClock
  const stages = new PrometheusStageMetrics(metrics.registry)
  const serving = await openServing({ backend: embedded, data: directory, clock, metrics: stages })
  const inspection = new LocalInspection({ embedded, topology, counts, clock })
  const app = buildServer({ backend: embedded, serving, inspection, clock, metrics, live })
  try {
    const society = new Society(sizeOf(options.keys, options.keys), clock.now())
    await load(embedded, society.all())
    const snapshots = await snapshotsFor(serving)
    const url = await listen(app, '127.0.0.1', 0)
    const urls = society.viewersOf(USUAL).map((viewer) => `${url}/v1/feed?userId=${viewer}&limit=${LIMIT}`)
    return await measure(urls, directory, serving, snapshots, options.seconds)
  } finally {
    await closeServer(app, 1_000)
    await serving.close()
    await embedded.close()
    await rm(directory, { recursive: true, force: true })
  }
}

interface Made {
  readonly version: string
  readonly bytes: number
}

type Snapshots = Readonly<Record<RegisteredModel, readonly Made[]>>

/** Two of each model, which take turns. */
const snapshotsFor = async (serving: Serving): Promise<Snapshots> => {
  const { models } = serving
  const twoOf = async (write: (random: Random) => Promise<Written>): Promise<Made[]> => {
    const made: Made[] = []
    for (const seed of [1, 2]) {
      const written = await write(new Random(seed))
      await serveSnapshot(models, written, 'to be there')
      const { version, files } = written.manifest
      made.push({ version, bytes: Object.values(files).reduce((sum, file) => sum + file.bytes, 0) })
    }
    return made
  }
  const { root } = models.registry
  return {
    heavy: await twoOf((random) => heavySnapshot(root, random)),
    light: await twoOf((random) => lightSnapshot(root, random)),
    retrieval: await twoOf((random) => writeTowers(root, 'trained', moved(priorTowers(), random, 0.2))),
  }
}

const moved = (parameters: Float32Array, random: Random, by: number): Float32Array =>
  parameters.map((value) => value + by * (random.next() - 0.5))

const lightSnapshot = (root: string, random: Random): Promise<Written> => {
  const parameters = [...priorParameters('light')].map(([name, values]): [string, Float32Array] => [
    name,
    moved(values, random, 1e-3),
  ])
  return writeSnapshot(root, 'light', 'trained', new Map(parameters))
}

/** With as much in its tables as a larger society would leave. */
const heavySnapshot = (root: string, random: Random): Promise<Written> => {
  const { dimensions } = HEAVY_NETWORK.embeddings!
  const tables = new EmbeddingTables({ dimensions, rows: DEFAULT_LEARNER.tableRows })
  for (let learned = 0; learned < LEARNED_ROWS; learned++) {
    const table = tables.tables[learned % tables.tables.length]!
    const row = random.below(table.rows)
    table.values[row * dimensions] = random.next() - 0.5
    table.touchedAt[row] = 1
  }
  return writeSnapshot(root, 'heavy', 'trained', priorParameters('heavy'), tables)
}

/** Counts what is swapped in from now on. */
const countSwaps = ({ scorers, retrieval }: Serving): Readonly<Record<RegisteredModel, number>> => {
  const counts = { heavy: 0, light: 0, retrieval: 0 }
  const swapScorer = scorers.swap.bind(scorers)
  scorers.swap = async (model, directory) => {
    const manifest = await swapScorer(model, directory)
    counts[model]++
    return manifest
  }
  const swapTowers = retrieval!.swap.bind(retrieval)
  retrieval!.swap = async (towers) => {
    await swapTowers(towers)
    counts.retrieval++
  }
  return counts
}

const measure = async (
  urls: readonly string[],
  data: string,
  serving: Serving,
  snapshots: Snapshots,
  seconds: number,
): Promise<SwapBenchResult> => {
  const took = { with: [] as number[], without: [] as number[] }
  const swaps = countSwaps(serving)
  await asked(urls, Math.min(WARM_UP_MS_MAX, seconds * 1_000))
  for (const span of ['without', 'with', 'with', 'without'] as const) {
    const promoter = span === 'with' ? await promoting(data, snapshots, seconds) : undefined
    took[span].push(...(await asked(urls, seconds * 1_000)).tookMs)
    promoter?.kill()
  }
  const p99 = { with: quantile(took.with, 0.99), without: quantile(took.without, 0.99) }
  return {
    p50_ms_without: rounded(quantile(took.without, 0.5), 2),
    p99_ms_without: rounded(p99.without, 2),
    p50_ms_with: rounded(quantile(took.with, 0.5), 2),
    p99_ms_with: rounded(p99.with, 2),
    ratio: rounded(p99.with / p99.without, 2),
    requests: took.with.length + took.without.length,
    swaps: swaps.heavy,
    light_swaps: swaps.light,
    retrieval_swaps: swaps.retrieval,
    snapshot_bytes: snapshots.heavy[0]!.bytes,
  }
}

/** Another process that has one snapshot promoted after the other; servers follow the registry by themselves. */
const promoting = async (data: string, snapshots: Snapshots, seconds: number): Promise<ChildProcess> => {
  const promoter = fork(join(import.meta.dirname, 'swap', 'promoter.ts'))
  const versionsOf = (model: RegisteredModel): string[] => snapshots[model].map(({ version }) => version)
  const versions = Object.fromEntries(REGISTERED_MODELS.map((model) => [model, versionsOf(model)]))
  promoter.send({ data, versions, everyMs: Math.min(SWAP_EVERY_MS_MAX, seconds * 1_000) })
  const ended = once(promoter, 'exit').then(([code]: unknown[]) => {
    throw new Error(`the promoter ended with ${String(code)}`)
  })
  await Promise.race([once(promoter, 'message'), ended])
  return promoter
}

/** One request after the other for so long, from another process. */
const asked = (urls: readonly string[], forMs: number): Promise<ClientReport> =>
  askApart({ urls, atOnce: 1, forMs })
