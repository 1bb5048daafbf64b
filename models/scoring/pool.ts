import { ModelError } from '../errors.ts'
import type { ModelName, SnapshotManifest } from '../snapshot/manifest.ts'
import { readSnapshot } from '../snapshot/read.ts'
import { LeaseQueue } from './lease-queue.ts'
import { LiveSnapshots, type Manifests } from './live-snapshots.ts'
import { type Matrices, newMatrices } from './matrices.ts'
import { RowStream } from './row-stream.ts'
import { ThreadGroup } from './thread-group.ts'
import { type Spawn, spawnWorker } from './thread.ts'
import type { Lease, ScorerStats } from './types.ts'

export const THREADS_MAX = 64
export const LEASES_MAX = 1_024
/** Enough for every thread to score while the next request's rows are being filled. */
const LEASES_A_THREAD = 2
/** What is being scored when the pool closes is waited for, but not for ever. */
const CLOSE_MS_MAX = 5_000

export interface ScorerOptions {
  /** Threads that score, each on one core. */
  readonly workers: number
  /** Largest number of rows a lease holds. */
  readonly rowsMax: Readonly<Record<ModelName, number>>
  /** Leases given out at a time; two a thread where absent. */
  readonly leases?: number
  /** Directories of the snapshots to begin with. */
  readonly heavy: string
  readonly light: string
  /** How threads are started, where not as usual. */
  readonly spawn?: Spawn
}

/** Scores rows on worker threads, so that the thread that serves never waits for the ONNX runtime. */
export class ScorerPool {
  private readonly slots: readonly Matrices[]
  private readonly queue: LeaseQueue
  private readonly threads: ThreadGroup
  private readonly snapshots: LiveSnapshots
  private readonly scoring = new Set<Promise<unknown>>()
  private lastSwap: Promise<unknown> = Promise.resolve()
  private swaps = 0

  private constructor(slots: readonly Matrices[], threads: ThreadGroup, live: Manifests) {
    this.slots = slots
    this.threads = threads
    this.queue = new LeaseQueue(slots.length)
    this.snapshots = new LiveSnapshots(live)
  }

  /** Throws `SNAPSHOT_…` for snapshots that cannot serve; a RangeError for options out of bounds. */
  static async open(options: ScorerOptions): Promise<ScorerPool> {
    const { workers, leases = LEASES_A_THREAD * workers } = options
    checkCount('workers', workers, THREADS_MAX)
    checkCount('leases', leases, LEASES_MAX)
    const slots = Array.from({ length: leases }, () => newMatrices(options.rowsMax))
    const heavy = await readSnapshot(options.heavy, 'heavy')
    const light = await readSnapshot(options.light, 'light')
    const threads = new ThreadGroup(options.spawn ?? spawnWorker, slots)
    await threads.start(workers, [heavy, light])
    return new ScorerPool(slots, threads, { heavy: heavy.manifest, light: light.manifest })
  }

  /** The snapshots that the next lease is scored by. */
  get manifests(): Manifests {
    return this.snapshots.live
  }

  get stats(): ScorerStats {
    const { leased, waiting } = this.queue
    const { readyThreads, restarts } = this.threads
    return { leased, waiting, readyThreads, restarts, swaps: this.swaps }
  }

  /**
   * Waits for free matrices, first come, first served. Throws `SCORERS_BUSY` when too many wait already,
   * `SCORERS_CLOSED`; the signal's reason once it is aborted while waiting.
   */
  async lease(signal?: AbortSignal): Promise<Lease> {
    const slot = await this.queue.take(signal)
    return new SlotLease(slot, this.slots[slot]!, this.snapshots.acquire(), {
      score: (model, version, first, rows) =>
        this.tracked(this.threads.score({ slot, model, version, first, rows })),
      follow: (model, version, first) => this.tracked(this.threads.follow({ slot, model, version, first })),
      release: (manifests) => {
        for (const version of this.snapshots.release(manifests)) this.threads.drop(version)
        this.queue.giveBack(slot)
      },
    })
  }

  /**
   * Reads and loads a snapshot beside the live one, then switches: leases given out from then on are scored by
   * it, those before by what they began with. Where it throws (`SNAPSHOT_…`), the live one stays.
   */
  async swap(model: ModelName, directory: string): Promise<SnapshotManifest> {
    const swap = this.lastSwap.then(() => this.swapNow(model, directory))
    this.lastSwap = swap.catch(() => {})
    return swap
  }

  /** Gives out no more leases, lets what is being scored end, and stops the threads. */
  async close(): Promise<void> {
    this.queue.close()
    await this.lastSwap
    let timer: NodeJS.Timeout | undefined
    const timeout = new Promise((resolve) => (timer = setTimeout(resolve, CLOSE_MS_MAX)))
    await Promise.race([Promise.allSettled(this.scoring), timeout])
    clearTimeout(timer)
    await this.threads.close()
  }

  private async swapNow(model: ModelName, directory: string): Promise<SnapshotManifest> {
    const snapshot = await readSnapshot(directory, model)
    await this.threads.load(snapshot)
    for (const version of this.snapshots.replace(model, snapshot.manifest)) this.threads.drop(version)
    this.swaps++
    return snapshot.manifest
  }

  private async tracked<Result>(scoring: Promise<Result>): Promise<Result> {
    this.scoring.add(scoring)
    try {
      return await scoring
    } finally {
      this.scoring.delete(scoring)
    }
  }
}

interface LeaseOwner {
  score(model: ModelName, version: string, first: number, rows: number): Promise<void>
  follow(model: ModelName, version: string, first: number): Promise<number>
  release(manifests: Manifests): void
}

class SlotLease implements Lease {
  readonly heavy: Lease['heavy']
  readonly light: Lease['light']
  readonly manifests: Manifests
  private readonly owner: LeaseOwner
  private readonly slot: number
  private runs = 0
  private isReleased = false

  constructor(slot: number, { heavy, light }: Matrices, manifests: Manifests, owner: LeaseOwner) {
    this.slot = slot
    this.heavy = heavy
    this.light = light
    this.manifests = manifests
    this.owner = owner
  }

  async score(model: ModelName, rows: number, first = 0): Promise<void> {
    this.assertHeld()
    checkCount('first', first, this[model].rowsMax, 0)
    checkCount('rows', rows, this[model].rowsMax - first, 0)
    if (rows === 0) return
    await this.running(() => this.owner.score(model, this.manifests[model].version, first, rows))
  }

  stream(model: ModelName): RowStream {
    this.assertHeld()
    const { version } = this.manifests[model]
    return new RowStream(this[model].filled, (first) =>
      this.running(() => this.owner.follow(model, version, first)),
    )
  }

  /** A thread may still write into the matrices: the next owner gets them once it is done. */
  release(): void {
    if (this.isReleased) return
    this.isReleased = true
    if (this.runs === 0) this.owner.release(this.manifests)
  }

  private async running<Result>(work: () => Promise<Result>): Promise<Result> {
    // The matrices may be another's by now, and would be given back twice.
    if (this.runs === 0) this.assertHeld()
    this.runs++
    try {
      return await work()
    } finally {
      if (--this.runs === 0 && this.isReleased) this.owner.release(this.manifests)
    }
  }

  private assertHeld(): void {
    if (this.isReleased) throw new ModelError('SCORERS_CLOSED', `lease ${this.slot} was given back`)
  }
}

const checkCount = (field: string, value: number, max: number, min = 1): void => {
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new RangeError(`${field} is ${value}: use a whole number from ${min} to ${max}`)
  }
}
