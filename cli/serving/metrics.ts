import { Gauge, type Registry } from 'prom-client'
import type { Serving } from './open.ts'

/** Tells Prometheus, whenever it asks, what became of impressions and how many sessions are kept. */
export const tellServing = (registry: Registry, { impressions, sessions }: Serving): void => {
  const gauge = (name: string, help: string, valueOf: () => number): void => {
    const made: Gauge = new Gauge({
      name: `freshet_${name}`,
      help,
      registers: [registry],
      collect: (): void => made.set(valueOf()),
    })
  }
  gauge('impressions_waiting', 'Served pages that wait to be logged.', () => impressions.counts.waiting)
  gauge('impressions_written', 'Served pages that were logged.', () => impressions.counts.written)
  gauge('impressions_lost', 'Served pages that were given up.', () => impressions.counts.lost)
  gauge('impression_failures', 'Writes of impressions that failed.', () => impressions.counts.failures)
  gauge('feed_sessions', 'Feeds kept, for further pages of them.', () => sessions.size)
  gauge('feed_session_bytes', 'Memory that they take, about.', () => sessions.bytes)
}
