import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Rankings } from '../../serving/experiments/rankings.ts'
import { readSettings } from '../../serving/rules/settings.ts'
import { systemCodeOf } from '../errors.ts'

/** In the data directory: how feeds are ranked, and experiments. */
export const RANKING_FILE = 'ranking.json'
/** How soon a change counts. */
export const LOOK_MS = 1_000
/** A file without changes, for a directory that has none. */
const NOTHING_SET = '{}'

export interface RankingFileParts {
  readonly path: string
  readonly rankings: Rankings
  /** Told why the file is not followed; what counted before goes on. */
  readonly failed: (error: unknown) => void
}

/** Follows a file of ranking settings: what it says counts from the next feed on, without a restart. */
export class RankingFile {
  private readonly parts: RankingFileParts
  private text = NOTHING_SET
  private readonly stopping = new AbortController()
  private following: Promise<void> | undefined
  private failing = false

  constructor(parts: RankingFileParts) {
    this.parts = parts
  }

  /** What the file says now does not count. */
  get isFailing(): boolean {
    return this.failing
  }

  /** Throws what is wrong with a file that is there: a server should not begin with other rankings than asked for. */
  async start(): Promise<void> {
    await this.look()
    this.following = this.follow()
  }

  /** Lets a changed file count. Throws as `readSettings` and `Rankings` do; then what counted before goes on. */
  async look(): Promise<void> {
    const text = await this.read()
    if (text === this.text) return
    // Told once, and tried again when it changes.
    this.text = text
    this.failing = true
    const { config, experiments } = readSettings(text)
    this.parts.rankings.replace(config, experiments)
    this.failing = false
  }

  async stop(): Promise<void> {
    this.stopping.abort()
    await this.following
  }

  private async follow(): Promise<void> {
    const { signal } = this.stopping
    while (!signal.aborted) {
      await sleep(LOOK_MS, undefined, { signal, ref: false }).catch(() => undefined)
      if (!signal.aborted) await this.look().catch(this.parts.failed)
    }
  }

  private async read(): Promise<string> {
    try {
      return await readFile(this.parts.path, 'utf8')
    } catch (error) {
      if (systemCodeOf(error) === 'ENOENT') return NOTHING_SET
      throw error
    }
  }
}
