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
/** What is known to be there, but cannot be read yet, is asked for again after so long if nothing else is heard. */
const UNREADABLE_MS = 20
const RETRY_MS = 50
const RETRY_MS_MAX = 1_000

export interface SinkServices {
  readonly log: ChangelogSource
  readonly store: FollowedStore
  /** Stores of a key space whose rows are wanted. */
  readonly storesOf: (keySpace: string) => readonly string[]
  /** Resolves after `ms`, or earlier when there is news, or a sink is to look whether it goes on. */
  readonly sleep: (ms: number, hasNews: () => boolean) => Promise<void>
  readonly monotonicMs: () => number
  /** What was written is looked after so often: a store that nothing changes would not be missed otherwise. */
  readonly checkMs: number
  /** Hears of errors; all but those that only a person can mend are tried again. */
  readonly failed: (error: EngineError) => void
}

/**
 * Carries what a task commits to a store that others read. It reads the changelog, which holds what is committed
 * and nothing else, and writes rows together with their place in it; so it may be killed, run twice or fall behind,
 * and the store still comes to hold exactly the task's rows. Once it has read all that was kept when it began, the
 * store is whole, and rows that are only repeated, so that old blocks can be dropped, are passed over.
 */
export class TaskSink {
  readonly taskId: string
  private readonly place: TaskPlace
  private readonly services: SinkServices
  private readonly stores: ReadonlySet<string>
  private follower: ChangelogFollower | undefined
  private mark: TaskMark = NO_MARK
  private stopping = false
  private running: Promise<void> | undefined
  private retryMs = RETRY_MS

  constructor(place: TaskPlace, services: SinkServices) {
    this.place = place
    this.taskId = taskIdOf(place.keySpace, place.partition)
    this.services = services
    this.stores = new Set(services.storesOf(place.keySpace))
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
    while (!this.stopping) {
      try {
        await this.follow()
      } catch (thrown) {
        const error = codedError(thrown)
        this.services.failed(error)
        if (error.recovery === 'stop') return
        this.follower = undefined
        if (error.code === 'FEATURES_LOST' || error.code === 'CHANGELOG_DROPPED') await this.beginAnew()
        await this.rest(this.retryMs, () => false)
        this.retryMs = Math.min(this.retryMs * 2, RETRY_MS_MAX)
      }
    }
  }

  private async follow(): Promise<void> {
    const { log, store, monotonicMs, checkMs } = this.services
    await this.finishClearing()
    const mark = await readMark(store, this.place)
    await this.assertKept(mark)
    await this.assertCarried(mark)
    this.mark = mark
    const follower = await log.follow(this.taskId, mark.sequence)
    this.follower = follower
    const collected = new Collected(mark, this.stores)
    let isAtBeginning = mark.sequence === 0
    let checkedAt = monotonicMs()
    while (!this.stopping) {
      const blocks = await follower.read(READ_BYTES_MAX)
      if (isAtBeginning && blocks.length > 0) {
        await this.clearOutdated(blocks[0]!.sequence)
        isAtBeginning = false
      }
      for (const block of blocks) {
        if (collected.size >= ROWS_MAX) await this.apply(collected)
        collected.add(block)
      }
      await this.applyRead(collected, follower.remaining() === 0)
      if (blocks.length > 0) continue
      if (monotonicMs() - checkedAt < checkMs) await this.waitForNews(follower)
      else {
        await this.assertKept(this.mark)
        checkedAt = monotonicMs()
      }
    }
  }

  private async waitForNews(follower: ChangelogFollower): Promise<void> {
    const hasNews = (): boolean => follower.remaining() > 0
    await this.rest(hasNews() ? UNREADABLE_MS : this.services.checkMs, hasNews)
  }

  /** Only those asleep are woken to look whether they go on: one that was told to stop before does not fall asleep. */
  private async rest(ms: number, hasNews: () => boolean): Promise<void> {
    if (!this.stopping) await this.services.sleep(ms, hasNews)
  }

  /**
   * While some rows may still have to come, as repeated ones, the last block waits for what is known to follow it, if
   * only the marker of its transaction: the mark that goes with it is to say that all are there, and none comes after it
   * before the next commit. Throws `FEATURES_LOST` where nothing comes and no mark has said so.
   */
  private async applyRead(collected: Collected, isAtEnd: boolean): Promise<void> {
    const { sequence } = this.mark
    const hasRead = collected.sequence > sequence
    if (hasRead && isAtEnd) collected.becomeWhole()
    if (hasRead && collected.isWhole) await this.apply(collected)
    if (hasRead || collected.isWhole || !isAtEnd || sequence === 0) return
    throw new EngineError('FEATURES_LOST', `of task ${this.taskId} nobody knows whether all rows are there`)
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

  /**
   * Who cleared rows may have died at it, and nothing can be written to them since. While they are still at it, this
   * throws, and is tried again.
   */
  private async finishClearing(): Promise<void> {
    const { store } = this.services
    const { keySpace, partition } = this.place
    for (const name of [markStoreOf(keySpace), ...this.stores]) {
      const { isClearing } = await store.position(name, partition)
      if (isClearing) await store.clear(name, partition)
    }
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

  /** Throws `FEATURES_LOST` when a store is wanted that was not while others became whole: some of its rows never came. */
  private async assertCarried({ whole, sequence }: TaskMark): Promise<void> {
    if (whole.length === 0) return
    for (const name of this.stores) {
      if (whole.includes(name)) continue
      const position = await this.services.store.position(name, this.place.partition)
      if (position.sequence >= sequence) continue
      throw new EngineError('FEATURES_LOST', `${name} of task ${this.taskId} was not carried until now`)
    }
  }

  /** Without a mark, all rows are read from the first block kept. Where that fails, it is tried again. */
  private async beginAnew(): Promise<void> {
    const { store, failed } = this.services
    const { keySpace, partition } = this.place
    await store.clear(markStoreOf(keySpace), partition).catch((error: unknown) => failed(codedError(error)))
  }

  /**
   * A store that ends before the blocks that are kept has missed some. What those removed would stay for ever, so
   * nothing of it does.
   */
  private async clearOutdated(firstKept: number): Promise<void> {
    const { store } = this.services
    const { partition } = this.place
    for (const name of this.stores) {
      const { sequence } = await store.position(name, partition)
      if (sequence > 0 && sequence < firstKept - 1) await store.clear(name, partition)
    }
  }
}

const codedError = (error: unknown): EngineError =>
  error instanceof EngineError
    ? error
    : new EngineError('FEATURES_UNAVAILABLE', String(error), { cause: error })
