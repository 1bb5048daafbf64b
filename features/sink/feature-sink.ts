import type { EngineError } from '../../engine/errors.ts'
import { taskIdOf } from '../../engine/task.ts'
import type { FollowedStore } from '../store/port.ts'
import type { ChangelogSource } from './source.ts'
import type { TaskPlace } from './task-mark.ts'
import { type SinkServices, TaskSink } from './task-sink.ts'

export interface FeatureSinkOptions {
  readonly log: ChangelogSource
  readonly store: FollowedStore
  /** Stores of a key space whose rows are wanted. */
  readonly storesOf: (keySpace: string) => readonly string[]
  readonly monotonicMs: () => number
  readonly failed: (error: EngineError) => void
  readonly checkMs?: number
}

const CHECK_MS_DEFAULT = 5_000

/** Carries what tasks commit to the store that serving reads. A worker has one, and tells it which tasks it runs. */
export class FeatureSink {
  private readonly services: SinkServices
  private readonly sinks = new Map<string, TaskSink>()
  /** Sinks that wait for news: how each is woken, and whether it would find any. */
  private readonly sleepers = new Map<() => void, () => boolean>()
  private readonly stopListening: () => void
  private isClosed = false

  constructor(options: FeatureSinkOptions) {
    const { log } = options
    this.services = { checkMs: CHECK_MS_DEFAULT, ...options, sleep: (ms, hasNews) => this.sleep(ms, hasNews) }
    this.stopListening = log.onAppend(() => this.tellNews())
  }

  /**
   * Follows these tasks from now on, and no others; after `close`, none. Resolves when those let go of have
   * stopped.
   */
  async assign(places: readonly TaskPlace[]): Promise<void> {
    if (this.isClosed) return
    const wanted = new Map(places.map((place) => [taskIdOf(place.keySpace, place.partition), place]))
    for (const [taskId, place] of wanted) {
      if (this.sinks.has(taskId)) continue
      const sink = new TaskSink(place, this.services)
      this.sinks.set(taskId, sink)
      sink.start()
    }
    const dropped = [...this.sinks.values()].filter(({ taskId }) => !wanted.has(taskId))
    for (const { taskId } of dropped) this.sinks.delete(taskId)
    const stopping = dropped.map((sink) => sink.stop())
    this.wake()
    await Promise.all(stopping)
  }

  /** Offsets of changelogs that are not in the store yet, and tasks of which that is not known. */
  lag(): { readonly offsets: number; readonly unknown: number } {
    let offsets = 0
    let unknown = 0
    for (const { remaining } of this.sinks.values()) {
      if (remaining === undefined) unknown++
      else offsets += remaining
    }
    return { offsets, unknown }
  }

  async close(): Promise<void> {
    this.stopListening()
    const stopped = this.assign([])
    // A worker that is leaving may still be given tasks: those of others that leave as well.
    this.isClosed = true
    await stopped
  }

  private sleep(ms: number, hasNews: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer)
        this.sleepers.delete(done)
        resolve()
      }
      const timer = setTimeout(done, ms)
      this.sleepers.set(done, hasNews)
    })
  }

  /** Most commits are of other tasks than a sink's own. */
  private tellNews(): void {
    for (const [done, hasNews] of this.sleepers) if (hasNews()) done()
  }

  private wake(): void {
    for (const done of this.sleepers.keys()) done()
  }
}
