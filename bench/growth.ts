import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Topology } from '../engine/topology.ts'
import { affinity } from '../topologies/affinity.ts'
import { everything } from '../topologies/index.ts'
import { pass, type PassOptions } from './engine-pass.ts'

export interface GrowthResult {
  readonly keys: number
  readonly affinity_events_per_s?: number
  readonly everything_events_per_s?: number
  readonly bytes_per_key: number
  readonly peak_rss_mb: number
  readonly restart_ms: number
  readonly clean_restart_ms: number
}

interface GrowthOptions extends PassOptions {
  readonly topology: keyof typeof TOPOLOGIES
}

const TOPOLOGIES = { affinity, everything } satisfies Record<string, Topology>
const DEFAULTS: GrowthOptions = { topology: 'affinity', keys: 100_000, events: 300_000, seconds: 1 }
const KIBIBYTES_PER_MEBIBYTE = 1024

/** How a topology does as keys grow: run it once a size, so that peak memory is that size's own. */
export const run = async (given: Partial<GrowthOptions> = {}): Promise<GrowthResult> => {
  const options = { ...DEFAULTS, ...given }
  const directory = await mkdtemp(join(tmpdir(), 'freshet-growth-'))
  try {
    const measured = await pass(directory, TOPOLOGIES[options.topology], options)
    return {
      keys: options.keys,
      [`${options.topology}_events_per_s` as const]: Math.round(measured.eventsPerSecond),
      bytes_per_key: Math.round(measured.bytesPerKey * 10) / 10,
      peak_rss_mb: Math.round(process.resourceUsage().maxRSS / KIBIBYTES_PER_MEBIBYTE),
      restart_ms: Math.round(measured.restartMs),
      clean_restart_ms: Math.round(measured.cleanRestartMs),
    }
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}
