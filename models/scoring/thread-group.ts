import { ModelError } from '../errors.ts'
import type { LoadedSnapshot } from '../snapshot/read.ts'
import type { Matrices } from './matrices.ts'
import type { FollowTask, ScoreTask } from './messages.ts'
import { ScorerThread, type Spawn } from './thread.ts'

/** A thread that died is started again after this long, twice as long each time it dies before it is ready. */
const RESTART_MS_MIN = 50
const RESTART_MS_MAX = 10_000
/** One is enough: snapshots are loaded on one thread after the other. */
const SPARE_THREADS = 1

/**
 * Scorers' threads that hold the same snapshots, one more than score at a time: while one loads a snapshot, which
 * takes as long as many scores, the others are as many as ever. A thread that dies is started again with all of them; what it
 * was scoring fails, and nothing else does.
 */
export class ThreadGroup {
  /** Threads started again so far. */
  restarts = 0
  private readonly spawn: Spawn
  private readonly slots: readonly Matrices[]
  private readonly snapshots = new Map<string, LoadedSnapshot>()
  /** Those that hold all snapshots. */
  private readonly ready = new Set<ScorerThread>()
  private readonly all = new Set<ScorerThread>()
  private readonly loading = new Set<ScorerThread>()
  private readonly timers = new Set<NodeJS.Timeout>()
  private scorers = 0
  private isClosed = false

  constructor(spawn: Spawn, slots: readonly Matrices[]) {
    this.spawn = spawn
    this.slots = slots
  }

  get readyThreads(): number {
    return this.ready.size
  }

  /** Starts as many threads as are to score, and a spare one; throws where one cannot be started. */
  async start(scorers: number, snapshots: readonly LoadedSnapshot[]): Promise<void> {
    this.scorers = scorers
    for (const snapshot of snapshots) this.snapshots.set(snapshot.manifest.version, snapshot)
    try {
      await Promise.all(
        Array.from({ length: scorers + SPARE_THREADS }, () => this.startThread(RESTART_MS_MIN)),
      )
    } catch (error) {
      await this.close()
      throw error
    }
  }

  /** Loads a snapshot on every thread, one after the other, so that the rest go on scoring. Throws `SNAPSHOT_FAILED`. */
  async load(snapshot: LoadedSnapshot): Promise<void> {
    const { version } = snapshot.manifest
    if (this.snapshots.has(version)) return
    this.snapshots.set(version, snapshot)
    for (const thread of this.ready) {
      try {
        this.loading.add(thread)
        await this.loadOn(thread, snapshot)
      } catch (error) {
        // A thread that died is started again with it.
        if (isCrash(error)) continue
        this.drop(version)
        throw error
      } finally {
        this.loading.delete(thread)
      }
    }
  }

  drop(version: string): void {
    this.snapshots.delete(version)
    for (const thread of this.all) {
      // A thread that dies meanwhile holds nothing any more.
      if (thread.loaded.delete(version)) thread.ask({ kind: 'drop', version }).catch(() => {})
    }
  }

  /** Of the threads that score, on the one with the least to do. */
  async score(what: Omit<ScoreTask, 'kind'>): Promise<void> {
    await this.least().ask({ kind: 'score', ...what })
  }

  /** The same for rows that are still being filled; answers how far it came. */
  async follow(what: Omit<FollowTask, 'kind'>): Promise<number> {
    return this.least().ask({ kind: 'follow', ...what })
  }

  async close(): Promise<void> {
    this.isClosed = true
    for (const timer of this.timers) clearTimeout(timer)
    await Promise.all([...this.all].map((thread) => thread.close()))
  }

  private least(): ScorerThread {
    let least: ScorerThread | undefined
    let counted = 0
    for (const thread of this.ready) {
      if (this.loading.has(thread)) continue
      if (least === undefined || thread.busy < least.busy) least = thread
      if (++counted === this.scorers) break
    }
    // Where others have died, one that loads is better than none.
    const any = least ?? this.ready.values().next().value
    if (any === undefined) {
      throw new ModelError('SCORER_CRASHED', 'no scorer is up; they are being started again')
    }
    return any
  }

  private async startThread(nextDelayMs: number): Promise<void> {
    let wasReady = false
    const thread = new ScorerThread(this.spawn({ slots: this.slots }), () => {
      this.all.delete(thread)
      this.ready.delete(thread)
      if (!this.isClosed) this.restartAfter(wasReady ? RESTART_MS_MIN : nextDelayMs)
    })
    this.all.add(thread)
    try {
      // A snapshot may come while others load, so look again until none is missing.
      for (let missing = this.missingOn(thread); missing !== undefined; missing = this.missingOn(thread)) {
        await this.loadOn(thread, missing)
      }
    } catch (error) {
      await thread.close()
      throw error
    }
    wasReady = true
    this.ready.add(thread)
  }

  private restartAfter(delayMs: number): void {
    this.restarts++
    const timer = setTimeout(() => {
      this.timers.delete(timer)
      // What fails here is a thread that died once more: its exit asks for the next start.
      this.startThread(Math.min(2 * delayMs, RESTART_MS_MAX)).catch(() => {})
    }, delayMs)
    this.timers.add(timer)
  }

  private missingOn(thread: ScorerThread): LoadedSnapshot | undefined {
    for (const [version, snapshot] of this.snapshots) if (!thread.loaded.has(version)) return snapshot
    return undefined
  }

  private async loadOn(thread: ScorerThread, snapshot: LoadedSnapshot): Promise<void> {
    const { version } = snapshot.manifest
    if (thread.loaded.has(version)) return
    thread.loaded.add(version)
    await thread.ask({ kind: 'load', snapshot })
  }
}

const isCrash = (error: unknown): boolean => error instanceof ModelError && error.code === 'SCORER_CRASHED'
