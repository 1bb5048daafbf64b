import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, onTestFinished } from 'vitest'
import type { Clock } from '../../engine/clock.ts'
import { openEnvelope } from '../../schemas/envelope.ts'
import { buildServer, closeServer, listen } from '../../cli/http/server.ts'
import { HTTP_DEFAULTS, type HttpLimits } from '../../cli/http/services.ts'
import type { Inspection } from '../../cli/inspect/inspection.ts'
import { LocalInspection } from '../../cli/inspect/local.ts'
import { tellLearning } from '../../cli/learning/metrics.ts'
import { openLearning } from '../../cli/learning/open.ts'
import { LiveFigures } from '../../cli/live/live-figures.ts'
import { PrometheusMetrics } from '../../cli/metrics.ts'
import { patientAlarm } from '../../cli/runtime/alarm.ts'
import { systemClock } from '../../cli/runtime/clock.ts'
import type { Embedded } from '../../cli/runtime/embedded.ts'
import { bothMetrics } from '../../cli/runtime/event-counts.ts'
import { openData } from '../../cli/runtime/open.ts'
import { PrometheusStageMetrics } from '../../cli/stage-metrics.ts'
import { tellModels, tellServing, tellShadow } from '../../cli/serving/metrics.ts'
import { openServing, type Serving } from '../../cli/serving/open.ts'
import type { TrainerOptions } from '../../models/training/trainer.ts'
import type { FeedAnswer } from '../../serving/http/feed-schemas.ts'
import { RANKING_DEFAULTS, type RankingConfig } from '../../serving/rules/config.ts'
import { SESSION_DEFAULTS, type SessionLimits } from '../../serving/sessions/session-store.ts'
import type { PublishedEvent } from './community.ts'
import { temporaryDirectory } from './temporary.ts'

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly body: Record<string, unknown>
}

export interface RunningOptions {
  readonly limits?: Partial<HttpLimits>
  readonly partitions?: number
  readonly clock?: Clock
  readonly config?: Partial<RankingConfig>
  readonly sessions?: Partial<SessionLimits>
  readonly cursorSecret?: string
  readonly token?: string
  /** Processes nothing until it is told to `resume`. */
  readonly paused?: boolean
  /** Whether it learns, by snapshots as often as `trainer` says. */
  readonly learns?: boolean
  readonly trainer?: Partial<TrainerOptions>
  /** Told why learning has ended; a test fails where none is. */
  readonly unlearned?: (error: unknown) => void
}

/** What `freshet up` runs, on a port and in a directory of its own; stopped after the test. */
export class Running {
  readonly url: string
  readonly data: string
  readonly embedded: Embedded
  readonly serving: Serving
  readonly inspection: Inspection
  private readonly close: () => Promise<void>

  private constructor(
    url: string,
    data: string,
    embedded: Embedded,
    serving: Serving,
    inspection: Inspection,
    close: () => Promise<void>,
  ) {
    this.url = url
    this.data = data
    this.embedded = embedded
    this.serving = serving
    this.inspection = inspection
    this.close = close
  }

  /** Started in a directory; the caller stops it. */
  static async open(data: string, options: RunningOptions = {}): Promise<Running> {
    const clock = options.clock ?? systemClock
    const metrics = new PrometheusMetrics()
    const partitions = options.partitions ?? 1
    const live = new LiveFigures(clock)
    const opened = await openData({ data, partitions, metrics: bothMetrics(metrics, live) })
    live.watch(opened.embedded, opened.topology)
    const { embedded, counts, topology } = opened
    if (options.paused === true) embedded.pause()
    const serving = await openServing({
      backend: embedded,
      data,
      clock,
      metrics: new PrometheusStageMetrics(metrics.registry),
      config: { ...RANKING_DEFAULTS, ...options.config },
      sessions: { ...SESSION_DEFAULTS, ...options.sessions },
      cursorSecret: options.cursorSecret ?? null,
      alarm: patientAlarm,
    })
    tellServing(metrics.registry, serving)
    tellModels(metrics.registry, serving.models.registry, clock)
    tellShadow(metrics.registry, serving.models.shadow)
    const inspection = new LocalInspection({ embedded, topology, counts, clock })
    const limits = { ...HTTP_DEFAULTS, ...options.limits }
    const { learns = false, trainer = {} } = options
    const failed =
      options.unlearned ??
      ((error: unknown): never => {
        throw error
      })
    const learning = openLearning({ log: embedded.log, serving, data, clock, learns, trainer, failed })
    tellLearning(metrics.registry, learning)
    const { token = null } = options
    const services = { backend: embedded, serving, inspection, clock, metrics, live, learning, token }
    const app = buildServer(services, limits)
    const url = await listen(app, '127.0.0.1', 0)
    let closing: Promise<void> | undefined
    const close = async (): Promise<void> => {
      await closeServer(app, 1_000)
      await learning.close()
      await serving.close()
      await embedded.close()
    }
    return new Running(url, data, embedded, serving, inspection, () => (closing ??= close()))
  }

  /** Started for one test, in a directory of its own unless one is given. */
  static async start(options: RunningOptions & { readonly data?: string } = {}): Promise<Running> {
    const running = await Running.open(options.data ?? (await temporaryDirectory()), options)
    onTestFinished(() => running.stop())
    return running
  }

  /** Started once for all tests of a suite, in a directory of its own: call it in the suite, and its answer in tests. */
  static forAll(): () => Running {
    let running: Running | undefined
    beforeAll(async () => {
      const data = await mkdtemp(join(tmpdir(), 'freshet-test-'))
      const started = (running = await Running.open(data))
      return async () => {
        await started.stop()
        await rm(data, { recursive: true })
      }
    })
    return () => running!
  }

  async stop(): Promise<void> {
    await this.close()
  }

  /** Publishes past HTTP, and waits until all is processed. */
  async take(events: readonly PublishedEvent[]): Promise<void> {
    await this.embedded.publish(events.map((each) => openEnvelope(each)))
    await this.embedded.settled()
  }

  async get(path: string): Promise<Answer> {
    return answerOf(await fetch(`${this.url}${path}`))
  }

  async post(path: string, body: string | Uint8Array, type = 'application/json'): Promise<Answer> {
    return answerOf(
      await fetch(`${this.url}${path}`, { method: 'POST', headers: { 'content-type': type }, body }),
    )
  }

  async publish(...events: readonly PublishedEvent[]): Promise<Answer> {
    return this.post('/v1/events', JSON.stringify(events))
  }

  async feed(query: Readonly<Record<string, string | number>>): Promise<FeedAnswer> {
    const search = new URLSearchParams()
    for (const [name, value] of Object.entries(query)) search.set(name, String(value))
    const response = await fetch(`${this.url}/v1/feed?${search.toString()}`)
    if (response.status !== 200) throw new Error(`HTTP ${response.status}: ${await response.text()}`)
    return (await response.json()) as FeedAnswer
  }
}

const answerOf = async (response: Response): Promise<Answer> => {
  const text = await response.text()
  const body = (text.startsWith('{') ? JSON.parse(text) : { text }) as Record<string, unknown>
  return { status: response.status, headers: response.headers, body }
}
