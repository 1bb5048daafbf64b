import { EngineError } from './errors.ts'

/** Unexpected failures of a task in a row that may pass by themselves: with the waits between them, a few seconds. */
export const UNEXPECTED_MAX = 8

/** A failure as the engine knows it. What has no code was foreseen by nobody: a mistake in the code, in most cases. */
export const coded = (error: unknown): EngineError =>
  error instanceof EngineError ? error : new EngineError('UNEXPECTED', String(error), { cause: error })

/** Counts unexpected failures, a task: what fails on the same thing time and again is for a person to mend. */
export class UnexpectedFailures {
  private readonly inARow = new Map<string, number>()

  /** The failure, or `TASK_STUCK` where it is one too many. */
  judged(taskId: string, failure: EngineError): EngineError {
    if (failure.code !== 'UNEXPECTED') return failure
    const count = (this.inARow.get(taskId) ?? 0) + 1
    this.inARow.set(taskId, count)
    if (count < UNEXPECTED_MAX) return failure
    const detail = `task ${taskId} failed ${count} times in a row, the last time on: ${failure.detail}`
    return new EngineError('TASK_STUCK', detail, { cause: failure.cause })
  }

  /** The task has got on since. */
  passed(taskId: string): void {
    this.inARow.delete(taskId)
  }
}
