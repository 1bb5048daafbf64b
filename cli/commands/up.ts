import { rm } from 'node:fs/promises'
import { Command, Option } from 'commander'
import { Database } from '../../engine/storage/database.ts'
import { NOTABLE_ID } from '../demo/events.ts'
import { feedDemo } from '../intake/demo.ts'
import { FeedReader } from '../feed/feed.ts'
import { buildServer, closeServer, listen } from '../http/server.ts'
import { HTTP_DEFAULTS } from '../http/services.ts'
import { lineOf } from '../errors.ts'
import { LocalInspection } from '../inspect/local.ts'
import { PrometheusMetrics } from '../metrics.ts'
import { systemClock } from '../runtime/clock.ts'
import type { Embedded } from '../runtime/embedded.ts'
import { contentOf, DATA_DEFAULT, openData } from '../runtime/open.ts'
import { grouped, print, say } from '../terminal.ts'
import { examples, integer } from './options.ts'

const DEMO_DIRECTORY = '.freshet/demo'
const PORT_DEFAULT = 8080
const PARTITIONS_MAX = 64
const FAILURE_CHECK_MS = 1_000

interface UpOptions {
  readonly data: string
  readonly port: number
  readonly host: string
  readonly partitions?: number
  readonly demo?: boolean
}

export const upCommand = (): Command =>
  new Command('up')
    .description('Runs everything in one process: takes events over HTTP, processes them, serves feeds.')
    .addOption(
      new Option('--data <dir>', 'data directory, made if missing').default(DATA_DEFAULT).conflicts('demo'),
    )
    .addOption(
      new Option('--port <n>', 'port; 0 finds a free one')
        .argParser(integer(0, 65_535))
        .default(PORT_DEFAULT),
    )
    .addOption(new Option('--host <address>', 'address to listen on').default('127.0.0.1'))
    .addOption(
      new Option('--partitions <n>', 'partitions of a new data directory').argParser(
        integer(1, PARTITIONS_MAX),
      ),
    )
    .addOption(new Option('--demo', `start anew in ${DEMO_DIRECTORY} with events of an invented community`))
    .addHelpText(
      'after',
      examples('freshet up', 'freshet up --demo --port 0', 'freshet up --data /var/lib/freshet --port 80') +
        '\nStop it with Ctrl+C; nothing that was accepted is lost.\n',
    )
    .action(run)

const run = async (options: UpOptions): Promise<void> => {
  const data = options.demo ? DEMO_DIRECTORY : options.data
  if (options.demo) await wipe(data)
  const clock = systemClock
  const metrics = new PrometheusMetrics()
  const { partitions } = options
  const { embedded, counts, topology } = await openData({
    data,
    metrics,
    ...(partitions !== undefined && { partitions }),
  })
  const feed = new FeedReader(embedded.worker, embedded.log.partitions('reactions'), clock)
  const inspection = new LocalInspection({ embedded, topology, counts, clock })
  const app = buildServer({ embedded, feed, inspection, clock, metrics })
  const stop = stopper(async () => {
    await closeServer(app, HTTP_DEFAULTS.closeMs)
    await embedded.close()
  })
  try {
    const url = await listen(app, options.host, options.port)
    print(`Freshet listens at ${url}, with its data in ${data}. Stop it with Ctrl+C.`)
    if (!isLoopback(options.host)) say(`Whoever reaches ${options.host} may publish events and read feeds.`)
    if (options.demo) await tellDemo(embedded, url)
    watch(embedded)
  } catch (error) {
    await stop()
    throw error
  }
}

/** The demo starts anew each time, unless another process is at it. */
const wipe = async (directory: string): Promise<void> => {
  if ((await contentOf(directory)) === 'data') await (await Database.open(directory)).close()
  await rm(directory, { recursive: true, force: true })
}

const tellDemo = async (embedded: Embedded, url: string): Promise<void> => {
  const count = await feedDemo(embedded, systemClock)
  print(`Took in ${grouped(count)} demo events: three days of an invented community.\n`)
  print(`Try:  curl '${url}/v1/feed?userId=${NOTABLE_ID}&limit=5'`)
}

const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || host.startsWith('127.')

/** Stops once, on the first signal or when asked; a second signal does not wait. */
const stopper = (close: () => Promise<void>): (() => Promise<void>) => {
  let stopping: Promise<void> | undefined
  const stop = (): Promise<void> => (stopping ??= close())
  const onSignal = (): void => {
    if (stopping !== undefined) process.exit(1)
    stop().then(
      () => process.exit(0),
      (error: unknown) => {
        say(lineOf(error))
        process.exit(1)
      },
    )
  }
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
  return stop
}

/** Says once when processing stopped on an error; the health check says so from then on. */
const watch = (embedded: Embedded): void => {
  const timer = setInterval(() => {
    try {
      embedded.assertRunning()
    } catch (error) {
      clearInterval(timer)
      say(lineOf(error))
    }
  }, FAILURE_CHECK_MS).unref()
}
