import { rm } from 'node:fs/promises'
import { EngineError } from '../engine/errors.ts'
import { Database } from '../engine/storage/database.ts'
import { WORLD_DIRECTORY } from './commands/options.ts'
import { CliError, lineOf } from './errors.ts'
import { buildServer, closeServer, listen } from './http/server.ts'
import { HTTP_DEFAULTS } from './http/services.ts'
import { tellOpen } from './http/tell-open.ts'
import { tellLearning } from './learning/metrics.ts'
import { openLearning } from './learning/open.ts'
import { LocalInspection } from './inspect/local.ts'
import { LiveFigures } from './live/live-figures.ts'
import { PrometheusMetrics } from './metrics.ts'
import { tellPassing } from './remote/passing.ts'
import { systemClock } from './runtime/clock.ts'
import type { Embedded } from './runtime/embedded.ts'
import { bothMetrics } from './runtime/event-counts.ts'
import { contentOf, openData } from './runtime/open.ts'
import { tellModels, tellServing, tellShadow } from './serving/metrics.ts'
import { tellUnlearned, tellUnranked, tellUnserved } from './serving/failures.ts'
import { openServing, type Serving } from './serving/open.ts'
import type { UserId } from '../schemas/ids.ts'
import { FEED_LIMIT_DEFAULT } from '../serving/query.ts'
import { PrometheusStageMetrics } from './stage-metrics.ts'
import { Stopping } from './stopping.ts'
import { grouped, print, say } from './terminal.ts'
import { HISTORY_DAYS, LiveWorld } from './world/live.ts'
import { tellWorth } from './world/metrics.ts'

const FAILURE_CHECK_MS = 1_000

export interface UpOptions {
  readonly data: string
  readonly port: number
  readonly host: string
  readonly partitions?: number
  /** Users of a world to open; its data directory is made anew. */
  readonly world?: number
  /** Whether models learn; where absent, in a world. */
  readonly learn?: boolean
  /** Threads that score. */
  readonly scorers: number
  /** See `LearningOptions`. */
  readonly negativesKept: number
  /** See `ServingOptions`. */
  readonly cursorSecret: string | null
  /** See `HttpServices`. */
  readonly token: string | null
}

/** Runs everything in this process, until it is told to stop. */
export const up = async (options: UpOptions): Promise<void> => {
  const data = options.world === undefined ? options.data : WORLD_DIRECTORY
  if (options.world !== undefined) await wipe(data)
  const clock = systemClock
  const metrics = new PrometheusMetrics()
  const { partitions } = options
  const live = new LiveFigures(clock)
  const opened = await openData({
    data,
    metrics: bothMetrics(metrics, live),
    serves: true,
    failed: tellPassing(clock),
    ...(partitions !== undefined && { partitions }),
  })
  live.watch(opened.embedded, opened.topology)
  const { embedded, counts, topology } = opened
  const serving = await openServing({
    backend: embedded,
    data,
    clock,
    metrics: new PrometheusStageMetrics(metrics.registry),
    scorers: options.scorers,
    cursorSecret: options.cursorSecret,
    failed: tellLost,
    searchFailed: tellUnsearched,
    modelFailed: tellUnserved,
    rankingFailed: tellUnranked,
  }).catch(async (error: unknown) => {
    // What is left open would keep the process from ending with what is wrong.
    await embedded.close()
    throw error
  })
  tellServing(metrics.registry, serving)
  tellModels(metrics.registry, serving.models.registry, clock)
  tellShadow(metrics.registry, serving.models.shadow)
  const learns = options.learn ?? options.world !== undefined
  const learning = openLearning({
    log: embedded.log,
    serving,
    data,
    clock,
    learns,
    negativesKept: options.negativesKept,
    failed: tellUnlearned,
  })
  tellLearning(metrics.registry, learning)
  const inspection = new LocalInspection({ embedded, topology, counts, clock })
  const app = buildServer({
    backend: embedded,
    serving,
    inspection,
    clock,
    metrics,
    live,
    learning,
    token: options.token,
  })
  let world: LiveWorld | undefined
  const stopping = new Stopping(async () => {
    await world?.stop()
    await closeServer(app, HTTP_DEFAULTS.closeMs)
    await learning.close()
    await serving.close()
    await embedded.close()
  })
  try {
    const url = await listen(app, options.host, options.port)
    print(`Freshet listens at ${url}, with its data in ${data}. Stop it with Ctrl+C.`)
    tellOpen(options.host, options.token)
    if (options.world !== undefined) {
      world = new LiveWorld(options.world, url, clock)
      tellWorth(metrics.registry, world)
      await fillWorld(world, serving, url)
    }
    watch(embedded)
  } catch (error) {
    const wasAsked = stopping.begun
    await stopping.stop()
    // What a signal cuts short fails for no other reason.
    if (!wasAsked) throw error
  }
}

/** A world starts anew each time, unless another process is at it. */
const wipe = async (directory: string): Promise<void> => {
  const content = await contentOf(directory)
  if (content === 'other') {
    throw new CliError('DATA_FOREIGN', `"${directory}" holds files that are not Freshet's`)
  }
  if (content === 'data') await assertUnlocked(directory)
  await rm(directory, { recursive: true, force: true })
}

const assertUnlocked = async (directory: string): Promise<void> => {
  try {
    const database = await Database.open(directory)
    await database.close()
  } catch (error) {
    if (error instanceof EngineError && error.code === 'DATA_LOCKED') throw error
  }
}

/** The URL is told when it answers as fast as it will: a first feed takes many times as long as others. */
const fillWorld = async (live: LiveWorld, serving: Serving, url: string): Promise<void> => {
  const { ids } = live.world.people
  const events = await live.fill()
  await warmUp(serving, ids[0]! as UserId)
  live.start((error) => say(`freshet: the world has stopped: ${lineOf(error)}`))
  print(
    `Took in ${grouped(events)} events: ${HISTORY_DAYS} days of an invented society of ${grouped(ids.length)}, ` +
      'which goes on living as you look.\n' +
      `What its feeds are worth, of the best possible: freshet_world_ev_share at ${url}/metrics\n`,
  )
  print(`Open  ${url}  to see feeds, or try:  curl '${url}/v1/feed?userId=${ids[0]!}&limit=5'`)
}

/** Makes a feed that nobody sees: code is compiled by it, and rows and models are at hand. What fails here, nobody asked for. */
const warmUp = async ({ feeds }: Serving, userId: UserId): Promise<void> => {
  const query = {
    userId,
    limit: FEED_LIMIT_DEFAULT,
    asOf: systemClock.now(),
    device: null,
    surface: null,
    preview: true,
  }
  await feeds.page(query, null).catch(() => undefined)
}

const tellLost = (error: unknown): void => say(`freshet: impressions wait: ${lineOf(error)}`)

const tellUnsearched = (error: unknown): void => say(`freshet: new posts are not searched: ${lineOf(error)}`)

/** Says once when processing stopped on an error; the health check says so from then on. */
const watch = (embedded: Embedded): void => {
  const timer = setInterval(() => {
    try {
      embedded.assertRunning()
    } catch (error) {
      clearInterval(timer)
      say(`freshet: ${lineOf(error)}`)
    }
  }, FAILURE_CHECK_MS).unref()
}
