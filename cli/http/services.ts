import type { Clock } from '../../engine/clock.ts'
import type { Inspection } from '../inspect/inspection.ts'
import type { Learning } from '../learning/open.ts'
import type { LiveFigures } from '../live/live-figures.ts'
import type { PrometheusMetrics } from '../metrics.ts'
import type { Backend } from '../runtime/backend.ts'
import type { Serving } from '../serving/open.ts'

/** What the routes answer from. */
export interface HttpServices {
  readonly backend: Backend
  readonly serving: Serving
  readonly inspection: Inspection
  readonly clock: Clock
  readonly metrics: PrometheusMetrics
  readonly live: LiveFigures
  readonly learning?: Learning
  /** What whoever asks must say; everybody is answered where there is none. */
  readonly token?: string | null
}

export interface HttpLimits {
  /** Largest body of events. */
  readonly eventBodyBytesMax: number
  /** Events in one request. */
  readonly eventsMax: number
  /** Bytes of bodies on their way at once, over all requests. */
  readonly bodiesBytesMax: number
  readonly headerBytesMax: number
  readonly connectionsMax: number
  /** A request must have arrived whole by then. */
  readonly requestTimeoutMs: number
  readonly keepAliveMs: number
  /** A connection is closed when nothing has moved on it for this long before or within a request. */
  readonly silentMs: number
  /** Clients that hear live figures at once. */
  readonly liveListenersMax: number
  /** Not ready while more records than this wait to be processed. */
  readonly readyLagRecordsMax: number
  /** Not alive when records wait this long and nothing is committed. */
  readonly stalledMs: number
  /** After a stop, requests under way have this long to end. */
  readonly closeMs: number
}

const MIB = 1 << 20

export const HTTP_DEFAULTS: HttpLimits = {
  eventBodyBytesMax: 16 * MIB,
  eventsMax: 10_000,
  bodiesBytesMax: 256 * MIB,
  headerBytesMax: 16 << 10,
  connectionsMax: 1_000,
  requestTimeoutMs: 30_000,
  keepAliveMs: 72_000,
  silentMs: 60_000,
  liveListenersMax: 32,
  readyLagRecordsMax: 50_000,
  stalledMs: 30_000,
  closeMs: 5_000,
}
