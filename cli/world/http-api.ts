import { setTimeout as pause } from 'node:timers/promises'
import type { Clock } from '../../engine/clock.ts'
import type { FeedItem, FreshetApi, Published, ServedFeed } from '../../world/driver/port.ts'
import { CliError } from '../errors.ts'
import { type Answer, ask, refusalText, type RequestBody } from '../http/client.ts'

export interface ApiLimits {
  /** Between two questions whether everything is processed. */
  readonly pollMs: number
  /** Before what a busy server refused is tried again. */
  readonly retryMs: number
  /** Time without success after which a request is given up. */
  readonly giveUpMs: number
}

export const API_DEFAULTS: ApiLimits = { pollMs: 5, retryMs: 100, giveUpMs: 120_000 }

/** What may succeed later: the server is busy, behind, or out of disk. */
const RETRYABLE = new Set([408, 429, 502, 503, 504, 507])
const OK = 200

/** Freshet's API over HTTP, as any back end uses it: connections are kept open from one request to the next. */
export class HttpApi implements FreshetApi {
  private readonly base: string
  private readonly clock: Clock
  private readonly limits: ApiLimits

  /** `base` is the server's URL, such as `http://127.0.0.1:8080`. */
  constructor(base: string, clock: Clock, limits = API_DEFAULTS) {
    this.base = base
    this.clock = clock
    this.limits = limits
  }

  async publish(lines: readonly string[]): Promise<Published> {
    const body = { type: 'application/x-ndjson', bytes: Buffer.from(lines.join('\n')) }
    const answer = await this.insist('/v1/events', body)
    const { accepted, refused } = answer.body as EventsAnswer
    if (accepted === undefined || refused === undefined) throw refusedWhole('/v1/events', answer)
    return { accepted, refused: refused.map(({ message }) => message) }
  }

  async settled(): Promise<void> {
    const started = this.clock.monotonicMs()
    for (;;) {
      const answer = await ask(`${this.base}/readyz`)
      if (answer.status === OK && (answer.body as ReadyAnswer).settled) return
      if (answer.status !== OK && !RETRYABLE.has(answer.status)) throw refusedWhole('/readyz', answer)
      if (this.clock.monotonicMs() - started > this.limits.giveUpMs) throw refusedWhole('/readyz', answer)
      await pause(this.limits.pollMs)
    }
  }

  async feed(userId: string, asOf: number, limit: number): Promise<ServedFeed> {
    const query = new URLSearchParams({ userId, asOf: String(asOf), limit: String(limit) })
    const answer = await this.insist(`/v1/feed?${query.toString()}`)
    if (answer.status !== OK) throw refusedWhole('/v1/feed', answer)
    const { items, meta } = answer.body as FeedAnswer
    return {
      requestId: meta.requestId ?? null,
      items: items.map(({ postId, authorId, position }, index) => ({
        postId,
        authorId,
        position: position ?? index,
      })),
    }
  }

  private async insist(path: string, body?: RequestBody): Promise<Answer> {
    const started = this.clock.monotonicMs()
    for (;;) {
      const answer = await ask(`${this.base}${path}`, body)
      const isOver = this.clock.monotonicMs() - started > this.limits.giveUpMs
      if (!RETRYABLE.has(answer.status) || isOver) return answer
      await pause(this.limits.retryMs)
    }
  }
}

interface EventsAnswer {
  readonly accepted?: number
  readonly refused?: readonly { readonly message: string }[]
}

interface ReadyAnswer {
  readonly settled: boolean
}

interface FeedAnswer {
  readonly items: readonly (Omit<FeedItem, 'position'> & { readonly position?: number })[]
  readonly meta: { readonly requestId?: string }
}

const refusedWhole = (path: string, answer: Answer): CliError =>
  new CliError('REMOTE_REFUSED', `${path}: ${refusalText(answer)}`)
