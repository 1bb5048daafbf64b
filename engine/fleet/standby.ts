import { EngineError } from '../errors.ts'
import type { ChangelogFollower, SharedLog } from '../log/port.ts'
import type { StateStorage } from '../state/port.ts'
import { openTaskDisk } from '../state/task-disk.ts'
import { TaskState, type StateOptions } from '../state/task-state.ts'

/** Taken in at once: some ten thousand rows, so that the thread is free again soon. */
const READ_BYTES_MAX = 512 << 10

/** Offsets of a changelog that were read, of those there were when reading began, or of more that came since. */
export interface RestoreProgress {
  readonly read: number
  readonly total: number
}

export interface StandbyServices {
  readonly log: SharedLog
  readonly state: StateStorage
}

/**
 * A copy of a task's state that follows its changelog, on disk as the owner's is. It takes the task over as it is,
 * or shows its rows to readers. So there is one way to restore: whoever is to run a task follows it first, beside
 * what the process does otherwise, and takes it over when there is next to nothing left to read.
 */
export class Standby {
  readonly taskId: string
  readonly state: TaskState
  private readonly follower: ChangelogFollower
  /** Offsets to read when it began. */
  private readonly total: number
  private advancing: Promise<boolean> | undefined
  private closed = false
  private sound = true
  private reachedEnd = false

  private constructor(taskId: string, state: TaskState, follower: ChangelogFollower) {
    this.taskId = taskId
    this.state = state
    this.follower = follower
    this.total = follower.remaining()
  }

  /** Goes on from what the disk has of the task, or from the beginning where that is of no use any more. */
  static async open(taskId: string, services: StandbyServices, options: StateOptions): Promise<Standby> {
    const state = await TaskState.onDisk(await openTaskDisk(services.state, taskId), options)
    try {
      return new Standby(taskId, state, await services.log.follow(taskId, state.sequence))
    } catch (error) {
      await state.close()
      throw error
    }
  }

  /** False after an error in the midst of taking something in: then it is to be closed, and opened anew from disk. */
  get isSound(): boolean {
    return this.sound
  }

  /** Whether it has once had everything: what a swept changelog keeps is whole only when read to its end. */
  get hasBeenComplete(): boolean {
    return this.reachedEnd
  }

  /** Offsets of the changelog still to read. */
  get remaining(): number {
    return this.follower.remaining()
  }

  /** How far it is with what there was when it began. */
  get progress(): RestoreProgress {
    const total = Math.max(this.total, this.remaining)
    return { read: total - this.remaining, total }
  }

  /**
   * Takes in what came, up to a limit; answers whether it was anything. After `CHANGELOG_DROPPED` close it, drop what is
   * on disk and open another.
   */
  advance(): Promise<boolean> {
    if (this.closed) return Promise.resolve(false)
    this.advancing ??= this.takeIn().finally(() => {
      this.advancing = undefined
    })
    return this.advancing
  }

  /** Stops following; the state is the caller's from now on. */
  async handOver(): Promise<TaskState> {
    this.closed = true
    await this.advancing
    return this.state
  }

  async close(): Promise<void> {
    this.closed = true
    await this.advancing?.catch(() => undefined)
    await this.state.close()
  }

  private async takeIn(): Promise<boolean> {
    const blocks = await this.follower.read(READ_BYTES_MAX)
    if (blocks.length > 0) {
      this.sound = false
      await this.state.catchUp(blocks, 'kept')
      await this.state.settle()
      this.sound = true
    }
    if (this.remaining === 0) this.reachedEnd = true
    return blocks.length > 0
  }
}

/** Removes what a disk has of a task when the changelog does not lead on from it any more. */
export const dropIfOutdated = async (
  error: unknown,
  taskId: string,
  state: StateStorage,
): Promise<boolean> => {
  if (!(error instanceof EngineError && error.code === 'CHANGELOG_DROPPED')) return false
  await state.drop(taskId)
  return true
}
