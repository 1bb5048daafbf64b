import { DAY_MS } from '../schemas/ids.ts'
import type { Clock } from './clock.ts'
import type { Echoes } from './echoes.ts'
import type { Metrics } from './metrics.ts'
import { RowExpiry } from './state/row-expiry.ts'
import type { TaskState } from './state/task-state.ts'
import type { ProcessorRun, TaskNodes } from './task-nodes.ts'
import type { Watermark } from './watermark.ts'

/**
 * How late an event may come and still find every row that it would change. One that comes later, and is dated to when
 * the row that is gone still counted, is counted without it.
 */
export const LATENESS_MS_MAX = 30 * DAY_MS

interface ExpiryServices {
  readonly clock: Clock
  readonly metrics: Metrics
}

/** A store of which rows end, and by which of the task's inputs they change. */
interface EndingStore {
  readonly name: string
  readonly expiry: RowExpiry
  readonly inputs: readonly number[]
}

/**
 * Removes rows that have ended. Tells stores which may go: those that have ended by the task's time, or the newest event
 * that came for the store, whichever is earlier, less `LATENESS_MS_MAX`; and never by a time that the wall clock has not
 * reached, so that one event dated far ahead removes nothing. The store's own inputs are asked because what other tasks
 * send neither moves nor holds the watermark: in a replay they may be months behind it.
 */
export class TaskExpiry {
  private readonly stores: readonly EndingStore[]
  private readonly watermark: Watermark
  private readonly echoes: Echoes
  private readonly services: ExpiryServices
  /** Without an input of its own, a task's time never begins. */
  private readonly hasTime: boolean

  constructor(nodes: TaskNodes, watermark: Watermark, echoes: Echoes, services: ExpiryServices) {
    this.stores = nodes.processors.flatMap((run) => endingStore(run, nodes))
    this.watermark = watermark
    this.echoes = echoes
    this.services = services
    this.hasTime = nodes.topics.some(({ topic }) => topic.isEcho !== true)
  }

  /** Removes some rows, and repeats others where the changelog `isSwept`; answers whether any was removed. */
  async sweep(state: TaskState, isSwept: boolean): Promise<boolean> {
    const { clock } = this.services
    this.advance(clock.now())
    if (isSwept) await state.repeat()
    else await state.expire(clock.monotonicMs())
    return this.tell() > 0
  }

  private advance(wallMs: number): void {
    const reached = this.hasTime ? Math.min(this.echoes.watermark, wallMs) : wallMs
    for (const { expiry, inputs } of this.stores) {
      let newest = -Infinity
      for (const input of inputs) newest = Math.max(newest, this.watermark.newestOf(input))
      expiry.at = Math.min(reached, newest) - LATENESS_MS_MAX
    }
  }

  /** Tells how many rows were removed since it was told; answers how many. */
  private tell(): number {
    let all = 0
    for (const { name, expiry } of this.stores) {
      if (expiry.removed === 0) continue
      this.services.metrics.count('rows_expired', { store: name }, expiry.removed)
      all += expiry.removed
      expiry.removed = 0
    }
    return all
  }
}

const endingStore = ({ processor, store }: ProcessorRun, { topics }: TaskNodes): EndingStore[] => {
  const { hasEnded } = processor.state
  if (hasEnded === undefined) return []
  const expiry = new RowExpiry(hasEnded)
  store.expiry = expiry
  const read = new Set(processor.handlers.map(({ input }) => input.name))
  const inputs = topics.flatMap(({ topic }, index) => (read.has(topic.name) ? [index] : []))
  return [{ name: processor.name, expiry, inputs }]
}
