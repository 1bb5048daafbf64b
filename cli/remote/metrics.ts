import { Gauge, type Registry } from 'prom-client'
import type { RemoteBackend } from './backend.ts'

/** Tells Prometheus, whenever it asks, how far rows are behind, and what came of the cache near feeds. */
export const tellRemote = (registry: Registry, backend: RemoteBackend): void => {
  const { progress, cache, restrictions } = backend
  const gauge = (name: string, help: string, valueOf: () => number): void => {
    const made: Gauge = new Gauge({
      name: `freshet_${name}`,
      help,
      registers: [registry],
      collect: (): void => made.set(valueOf()),
    })
  }
  gauge('served_lag_records', 'Records of public topics that rows on Redis do not know of yet.', () =>
    progress.lagRecords(),
  )
  gauge('served_silent_ms', 'Time since Redis last told how far rows are.', () => progress.silentMs())
  gauge('served_stalled_ms', 'Time that records wait while rows on Redis come to know of none.', () =>
    progress.stalledMs(),
  )
  gauge(
    'restrictions_waiting',
    'Accepted blocks, edits and deletions that rows do not know of yet.',
    () => restrictions.size,
  )
  gauge('near_cache_rows', 'Rows kept near feeds.', () => cache.counts.rows)
  gauge('near_cache_hits', 'Rows given from near.', () => cache.counts.hits)
  gauge('near_cache_misses', 'Rows that Redis was asked for.', () => cache.counts.misses)
  gauge('near_cache_stale', 'Rows given too old, for Redis did not answer.', () => cache.counts.stale)
  gauge('near_cache_heard', 'Rows replaced by what a changelog said.', () => cache.counts.heard)
  gauge(
    'near_cache_oldest_ms',
    'Age of the oldest row given in the last minute or two.',
    () => cache.oldestGivenMs,
  )
  tellMemory(registry, backend)
}

/** What is not known is not told. */
const tellMemory = (registry: Registry, backend: Pick<RemoteBackend, 'memory'>): void => {
  const name = 'freshet_redis_memory_bytes'
  const help =
    'Memory of all nodes of Redis: used, and the limit beyond which writes are refused, 0 for none.'
  const made: Gauge<'of'> = new Gauge({
    name,
    help,
    labelNames: ['of'],
    registers: [registry],
    collect: async (): Promise<void> => {
      const memory = await backend.memory()
      made.reset()
      if (memory === null) return
      made.set({ of: 'used' }, memory.usedBytes)
      made.set({ of: 'limit' }, memory.bytesMax)
    },
  })
}
