import { EngineError } from '../../engine/errors.ts'
import type { ChangelogFollower } from '../../engine/log/port.ts'
import { taskIdOf } from '../../engine/task.ts'
import type { FollowedStore } from '../store/port.ts'
import { Collected } from './collected.ts'
import type { ChangelogSource } from './source.ts'
import {
  markPosition,
  markStoreOf,
  NO_MARK,
  readMark,
  type TaskMark,
  type TaskPlace,
  writeMark,
} from './task-mark.ts'

/** Bytes of blocks read at once. */
const READ_BYTES_MAX = 1 << 20
/** Rows put into one change of a store, unless a commit has more: Redis does nothing else meanwhile. */
const ROWS_MAX = 4_000
/** What was written is looked after so often: a store that nothing changes would not be missed otherwise. */
const CHECK_MS = 5_000
const RETRY_MS = 50
const RETRY_MS_MAX = 1_000

export interface SinkServices {
  readonly log: ChangelogSource
  readonly store: FollowedStore
  /** Stores whose rows are wanted. */
  readonly isFollowed: (store: string) => boolean
  /** Resolves after `ms`, or when there may be something to read. */
  readonly sleep: (ms: number) => Promise<void>
  readonly monotonicMs: () => number
  /** Hears of errors; all but those that only a person can mend are tried again. */
  readonly failed: (error: EngineError) => void
}

/**
 * Carries what a task commits to a store that others read. It reads the changelog, which holds what is committed
 * and nothing else, and writes rows together with their place in it; so it may be killed, run twice or fall behind,
 * and the store still comes to hold exactly the task's rows.
 */
export class TaskSink {
  readonly taskId: string
  private readonly place: TaskPlace
  private readonly services: SinkServices
  private follower: ChangelogFollower | undefined
  private mark: TaskMark = NO_MARK
  private stopping = false
  private running: Promise<void> | undefined
  private retryMs = RETRY_MS

  constructor(place: TaskPlace, services: SinkServices) {
    this.place = place
    this.taskId = taskIdOf(place.keySpace, place.partition)
    this.services = services
  }

  /** Offsets of the changelog that are not in the store yet; undefined while that is not known. */
  get remaining(): number | undefined {
    return this.follower?.remaining()
  }

  /** How far the store has come, as far as this sink has brought it. */
  get sequence(): number {
    return this.mark.sequence
  }

  start(): void {
    this.running ??= this.run()
  }

  async stop(): Promise<void> {
    this.stopping = true
    await this.running
  }

  private async run(): Promise<void> {
    let from: 'mark' | 'start' = 'mark'
    while (!this.stopping) {
      try {
        await this.follow(from)
      } catch (thrown) {
        const error = codedError(thrown)
        this.services.failed(error)
        if (error.recovery === 'stop') return
        this.follower = undefined
        from = await this.beginningAfter(error)
        await this.services.sleep(this.retryMs)
        this.retryMs = Math.min(this.retryMs * 2, RETRY_MS_MAX)
      }
    }
  }

  private async follow(from: 'mark' | 'start'): Promise<void> {
    const { log, store, sleep, monotonicMs } = this.services
    const mark = from === 'mark' ? await readMark(store, this.place) : NO_MARK
    await this.assertKept(mark)
    this.mark = mark
    const follower = await log.follow(this.taskId, mark.sequence)
    this.follower = follower
    const collected = new Collected(mark, this.services.isFollowed)
    let checkedAt = monotonicMs()
    while (!this.stopping) {
      const blocks = await follower.read(READ_BYTES_MAX)
      for (const block of blocks) {
        collected.add(block)
        if (collected.size >= ROWS_MAX) await this.apply(collected)
      }
      if (blocks.length > 0) await this.apply(collected)
      else if (monotonicMs() - checkedAt < CHECK_MS) await sleep(CHECK_MS)
      else {
        await this.assertKept(this.mark)
        checkedAt = monotonicMs()
      }
    }
  }

  private async apply(collected: Collected): Promise<void> {
    const { store } = this.services
    const changes = collected.take(this.place.partition)
    const mark = collected.mark()
    if (mark.sequence === this.mark.sequence) return
    await Promise.all(changes.map((each) => store.apply(each)))
    await writeMark(store, this.place, mark, this.mark.sequence)
    this.mark = mark
    this.retryMs = RETRY_MS
  }

  /** Throws `FEATURES_LOST` when the store has forgotten what a mark says of it, all or a node's part. */
  private async assertKept(mark: TaskMark): Promise<void> {
    const { store } = this.services
    const { partition } = this.place
    const stores = Object.entries(mark.changed)
    const positions = await Promise.all(stores.map(([name]) => store.position(name, partition)))
    const lost = stores.find(([, sequence], index) => positions[index]!.sequence < sequence)
    const marked = await markPosition(store, this.place)
    if (lost === undefined && marked.sequence >= mark.sequence) return
    throw new EngineError('FEATURES_LOST', `${lost?.[0] ?? 'the mark'} of task ${this.taskId} is gone`)
  }

  /**
   * Rows that are gone are written anew, from the first block kept. Where blocks were missed, what they removed would
   * stay for ever: then all rows are.
   */
  private async beginningAfter({ code }: EngineError): Promise<'mark' | 'start'> {
    if (code !== 'FEATURES_LOST' && code !== 'CHANGELOG_DROPPED') return 'mark'
    const { store, failed } = this.services
    const { keySpace, partition } = this.place
    const names = code === 'CHANGELOG_DROPPED' ? Object.keys(this.mark.changed) : []
    try {
      for (const name of [markStoreOf(keySpace), ...names]) await store.clear(name, partition)
      return 'start'
    } catch (error) {
      failed(codedError(error))
      return 'mark'
    }
  }
}

const codedError = (error: unknown): EngineError =>
  error instanceof EngineError
    ? error
    : new EngineError('FEATURES_UNAVAILABLE', String(error), { cause: error })
