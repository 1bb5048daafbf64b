import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { ServedStores } from '../../../cli/remote/stores.ts'
import type { RedisService } from '../../../services/port.ts'
import { everything } from '../../../topologies/index.ts'
import type { Outcome } from './recount.ts'

const CARRIED_MS_MAX = 60_000
const LOOK_MS = 500
const ROWS_AT_ONCE = 5_000
/** `{store.partition}:key`; marks and positions are others. */
const ROW = /^\{([a-z0-9-]+)\.\d+\}:(.*)$/s

/** Rows on Redis, by store and key. */
const rowsOn = async (client: Redis): Promise<Map<string, string>> => {
  const rows = new Map<string, string>()
  const keys = await client.keysBuffer('*')
  for (let at = 0; at < keys.length; at += ROWS_AT_ONCE) {
    const some = keys.slice(at, at + ROWS_AT_ONCE)
    const values = await client.mgetBuffer(some)
    for (const [index, key] of some.entries()) {
      const [, store, rest] = ROW.exec(key.toString('latin1')) ?? []
      if (store !== undefined) rows.set(`${store}/${rest}`, values[index]?.toString('hex') ?? '')
    }
  }
  return rows
}

/**
 * Rows for which Redis, once everything is carried there, and the state that they are of do not agree. What is on
 * its way is given a while.
 */
export const carriedDifferences = async (
  { host, port }: RedisService,
  { rows }: Outcome,
): Promise<number> => {
  const served = new ServedStores(everything)
  const wanted = [...rows].filter(([name]) => served.has(name.slice(0, name.indexOf('/'))))
  const client = new Redis(port, host)
  const deadline = performance.now() + CARRIED_MS_MAX
  try {
    for (;;) {
      const found = await rowsOn(client)
      const wrong = wanted.filter(([name, value]) => found.get(name) !== value).length
      const different = wrong + Math.max(0, found.size - wanted.length)
      if (different === 0 || performance.now() > deadline) return different
      await sleep(LOOK_MS)
    }
  } finally {
    client.disconnect()
  }
}
