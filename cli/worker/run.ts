import { CliError } from '../errors.ts'
import { closeServer, listen } from '../http/server.ts'
import { HTTP_DEFAULTS } from '../http/services.ts'
import { PrometheusMetrics } from '../metrics.ts'
import { systemClock } from '../runtime/clock.ts'
import { bothMetrics, EventCounts } from '../runtime/event-counts.ts'
import { print, say } from '../terminal.ts'
import { workerServer } from './http.ts'
import type { WorkerSettings } from './settings.ts'
import { startWorker } from './start.ts'

export interface WorkerCommandSettings extends Omit<WorkerSettings, 'clock' | 'metrics'> {
  /** Of metrics and health, on the loopback interface; 0 finds a free one. */
  readonly port: number
  /** Address to listen on. */
  readonly host: string
}

const FAILURE_CHECK_MS = 250

/** Runs a worker until the process is told to stop, or the worker stops on what a person must mend: it then throws that. */
export const runWorker = async ({ port, host, ...settings }: WorkerCommandSettings): Promise<void> => {
  const told = new AbortController()
  const stop = (): void => {
    if (told.signal.aborted) process.exit(1)
    told.abort()
  }
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
  const clock = systemClock
  const metrics = new PrometheusMetrics()
  const counts = new EventCounts()
  const running = await startWorker({
    ...settings,
    clock,
    metrics: bothMetrics(counts, metrics),
    tasksChanged: (taskIds) => {
      metrics.keepTasks(taskIds)
      settings.tasksChanged?.(taskIds)
    },
  })
  const app = workerServer({ running, metrics, counts, clock })
  try {
    const url = await listen(app, host, port)
    print(
      `Worker "${settings.member}" of group "${settings.group}" tells of itself at ${url}. Stop it with Ctrl+C.`,
    )
    await untilTold(told.signal, () => running.assertRunning())
    say('Handing tasks over.')
  } finally {
    await closeServer(app, HTTP_DEFAULTS.closeMs)
    await running.close()
  }
}

const untilTold = (told: AbortSignal, check: () => void): Promise<void> =>
  new Promise((resolve, reject) => {
    const timer = setInterval(() => {
      try {
        check()
      } catch (error) {
        clearInterval(timer)
        reject(error)
      }
    }, FAILURE_CHECK_MS)
    const end = (): void => {
      clearInterval(timer)
      resolve()
    }
    if (told.aborted) end()
    told.addEventListener('abort', end)
  })

/** `host:port` of brokers, separated by commas. */
export const brokersOf = (text: string): string[] => {
  const brokers = text.split(',').map((each) => each.trim())
  if (brokers.every((each) => /^.+:\d{1,5}$/.test(each))) return brokers
  throw new CliError('USAGE', `--kafka ${JSON.stringify(text)}: give host:port, several separated by commas`)
}
