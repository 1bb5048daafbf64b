import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { awaitedLoop } from './engine-baseline.ts'
import { pass, type PassOptions } from './engine-pass.ts'
import { figuresOf, type VisibleFigures } from './engine-visible.ts'
import { rounded } from './rounded.ts'

export const ENGINE_BENCH_DEFAULTS: PassOptions = {
  keys: 1_000_000,
  events: 1_000_000,
  seconds: 10,
  told: () => undefined,
}

export interface EngineBenchResult extends VisibleFigures {
  readonly keys: number
  /** Reactions, through affinity alone. */
  readonly affinity_events_per_s: number
  /** Reactions, through all topologies; what is visible when is of these. */
  readonly everything_events_per_s: number
  readonly baseline_events_per_s: number
  /** How many times faster than the awaited loop. */
  readonly affinity_ratio: number
  readonly everything_ratio: number
  /** All that an app publishes, through all topologies, in the shares that engine-life.ts states. */
  readonly life: VisibleFigures & {
    readonly events_per_s: number
    readonly ratio: number
    readonly disk_bytes_per_key: number
  }
  readonly peak_rss_mb: number
  /** Key and row of a (user, author) pair, as they lie in the state. */
  readonly bytes_per_key: number
  /** The data directory of affinity, log and changelog included, by its (user, author) pairs. */
  readonly disk_bytes_per_key: number
  /** The same of everything. */
  readonly everything_disk_bytes_per_key: number
  /** Start of affinity after a crash, with as much changelog to read as there may be. */
  readonly restart_ms: number
  /** Start of affinity after a clean stop. */
  readonly clean_restart_ms: number
  /** The same of everything. */
  readonly everything_restart_ms: number
  readonly everything_clean_restart_ms: number
}

const KIBIBYTES_PER_MEBIBYTE = 1024
/** The awaited loop is slow: a share of the events says as much. */
export const BASELINE_SHARE = 0.1

export const about =
  'Events a second through affinity alone and through everything, beside a loop that awaits each; how soon they count.'

/** Runs every pass in one process and one data directory a topology, so that ratios are fair. */
export const run = async (given: Partial<PassOptions> = {}): Promise<EngineBenchResult> => {
  const options = { ...ENGINE_BENCH_DEFAULTS, ...given }
  const directory = await mkdtemp(join(tmpdir(), 'freshet-bench-'))
  try {
    const alone = await pass(join(directory, 'affinity'), 'affinity', options)
    options.told('baseline: awaiting every event')
    const baseline = await awaitedLoop(join(directory, 'baseline'), {
      keys: options.keys,
      events: Math.ceil(options.events * BASELINE_SHARE),
    })
    const all = await pass(join(directory, 'everything'), 'everything', options)
    const life = await pass(join(directory, 'life'), 'life', options)
    return {
      keys: options.keys,
      affinity_events_per_s: Math.round(alone.eventsPerSecond),
      everything_events_per_s: Math.round(all.eventsPerSecond),
      baseline_events_per_s: Math.round(baseline),
      affinity_ratio: rounded(alone.eventsPerSecond / baseline, 1),
      everything_ratio: rounded(all.eventsPerSecond / baseline, 1),
      ...figuresOf(all.visible),
      life: {
        events_per_s: Math.round(life.eventsPerSecond),
        ratio: rounded(life.eventsPerSecond / baseline, 1),
        ...figuresOf(life.visible),
        disk_bytes_per_key: rounded(life.diskBytesPerKey, 1),
      },
      peak_rss_mb: Math.round(process.resourceUsage().maxRSS / KIBIBYTES_PER_MEBIBYTE),
      bytes_per_key: rounded(alone.bytesPerKey, 1),
      disk_bytes_per_key: rounded(alone.diskBytesPerKey, 1),
      everything_disk_bytes_per_key: rounded(all.diskBytesPerKey, 1),
      restart_ms: Math.round(alone.restartMs),
      clean_restart_ms: Math.round(alone.cleanRestartMs),
      everything_restart_ms: Math.round(all.restartMs),
      everything_clean_restart_ms: Math.round(all.cleanRestartMs),
    }
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}
