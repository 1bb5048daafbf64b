import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BASELINE_SHARE } from './engine.ts'
import { awaitedLoop } from './engine-baseline.ts'
import { pass, type PassOptions, type SubjectName } from './engine-pass.ts'
import { figuresOf, type VisibleFigures } from './engine-visible.ts'
import { rounded } from './rounded.ts'

/** Figures are those of `bench engine`. */
export interface GrowthResult extends VisibleFigures {
  readonly keys: number
  readonly affinity_events_per_s?: number
  readonly everything_events_per_s?: number
  readonly life_events_per_s?: number
  readonly baseline_events_per_s: number
  /** How many times faster than the awaited loop. */
  readonly ratio: number
  readonly bytes_per_key: number
  readonly disk_bytes_per_key: number
  readonly peak_rss_mb: number
  readonly restart_ms: number
  readonly clean_restart_ms: number
}

interface GrowthOptions extends PassOptions {
  readonly topology: SubjectName
}

const DEFAULTS: GrowthOptions = {
  topology: 'affinity',
  keys: 100_000,
  events: 300_000,
  seconds: 1,
  told: () => undefined,
}
const KIBIBYTES_PER_MEBIBYTE = 1024

export const about = 'What engine tells, of one subject and one size, to see how it grows with keys.'

/** How a subject does as keys grow: run it once a size, so that peak memory is that size's own. */
export const run = async (given: Partial<GrowthOptions> = {}): Promise<GrowthResult> => {
  const options = { ...DEFAULTS, ...given }
  const { keys, events, topology } = options
  const directory = await mkdtemp(join(tmpdir(), 'freshet-growth-'))
  try {
    const measured = await pass(join(directory, topology), topology, options)
    const peakRssMb = Math.round(process.resourceUsage().maxRSS / KIBIBYTES_PER_MEBIBYTE)
    options.told('baseline: awaiting every event')
    const baseline = await awaitedLoop(join(directory, 'baseline'), {
      keys,
      events: Math.ceil(events * BASELINE_SHARE),
    })
    return {
      keys,
      [`${topology}_events_per_s` as const]: Math.round(measured.eventsPerSecond),
      baseline_events_per_s: Math.round(baseline),
      ratio: rounded(measured.eventsPerSecond / baseline, 1),
      ...figuresOf(measured.visible),
      bytes_per_key: rounded(measured.bytesPerKey, 1),
      disk_bytes_per_key: rounded(measured.diskBytesPerKey, 1),
      peak_rss_mb: peakRssMb,
      restart_ms: Math.round(measured.restartMs),
      clean_restart_ms: Math.round(measured.cleanRestartMs),
    }
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}
