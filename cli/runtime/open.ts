import { readdir } from 'node:fs/promises'
import { EngineError } from '../../engine/errors.ts'
import { EmbeddedLog } from '../../engine/log/embedded.ts'
import type { Metrics } from '../../engine/metrics.ts'
import { Database } from '../../engine/storage/database.ts'
import type { TaskServices } from '../../engine/task-options.ts'
import type { Topology } from '../../engine/topology.ts'
import { everything } from '../../topologies/index.ts'
import { CliError, systemCodeOf } from '../errors.ts'
import { systemClock } from './clock.ts'
import { Embedded, EMBEDDED_DEFAULTS } from './embedded.ts'
import { bothMetrics, EventCounts } from './event-counts.ts'

export interface Opened {
  readonly embedded: Embedded
  readonly topology: Topology
  readonly counts: EventCounts
}

export interface OpenOptions {
  readonly data: string
  /** For a new directory; one that exists keeps its own, and another number is refused. */
  readonly partitions?: number
  readonly metrics?: Metrics
  /** Feeds are served beside: processing lets go of the thread every few milliseconds. */
  readonly serves?: boolean
  /** Hears why a task starts over. */
  readonly failed?: TaskServices['failed']
}

/**
 * A batch holds the thread for some 0.1 ms an event, and a feed is handed on between threads half a dozen times:
 * with larger batches it would wait for as many of them. Replays, which nobody waits for, take larger ones.
 */
export const SERVING_BATCH_EVENTS_MAX = 128

/** Opens a data directory with everything, making it if it is missing. */
export const openData = async (options: OpenOptions): Promise<Opened> => {
  const { data, partitions, metrics, serves, failed } = options
  const holds = await contentOf(data)
  if (holds === 'other') {
    throw new CliError('DATA_FOREIGN', `"${data}" holds files that are not Freshet's`)
  }
  const counts = new EventCounts()
  const known = holds === 'data' ? await partitionsIn(data) : undefined
  const embedded = await Embedded.open({
    ...EMBEDDED_DEFAULTS,
    directory: data,
    topology: everything,
    clock: systemClock,
    metrics: metrics === undefined ? counts : bothMetrics(counts, metrics),
    ...(failed && { failed }),
    ...(serves && { worker: { batchEventsMax: SERVING_BATCH_EVENTS_MAX } }),
    partitions: partitions ?? known ?? EMBEDDED_DEFAULTS.partitions,
  })
  return { embedded, topology: everything, counts }
}

/** Opens a data directory that must be there. */
export const openExisting = async (data: string): Promise<Opened> => {
  if ((await contentOf(data)) !== 'data') throw new CliError('NO_DATA', `"${data}" is no data directory`)
  return openData({ data })
}

/** RocksDB keeps this file in every directory of its own. */
const DATABASE_FILE = 'CURRENT'
/** What RocksDB writes; without the file above, of a directory whose making was cut short. */
const OWN_FILE = /^(IDENTITY|LOCK|LOG.*|(MANIFEST|OPTIONS)-\d+.*|\d+\.[a-z]+)$/

/** What a directory holds; a missing one holds nothing. */
export const contentOf = async (directory: string): Promise<'nothing' | 'data' | 'other'> => {
  try {
    const names = await readdir(directory)
    if (names.includes(DATABASE_FILE)) return 'data'
    return names.every((name) => OWN_FILE.test(name)) ? 'nothing' : 'other'
  } catch (error) {
    return systemCodeOf(error) === 'ENOENT' ? 'nothing' : 'other'
  }
}

/** Partitions of the topics in a data directory; undefined where there are none yet. */
const partitionsIn = async (data: string): Promise<number | undefined> => {
  const database = await Database.open(data)
  try {
    const log = await EmbeddedLog.open(database, { clock: () => systemClock.now() })
    const partitions = log.partitions('reactions')
    await log.close()
    return partitions
  } catch (error) {
    if (error instanceof EngineError && error.code === 'UNKNOWN_TOPIC') return undefined
    throw error
  } finally {
    await database.close()
  }
}
