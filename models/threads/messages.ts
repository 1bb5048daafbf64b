import type { ModelErrorCode } from '../errors.ts'

/** What the owner of a thread sends it: a task, which is answered, or that it is to end. */
export type ToThread<Task> = Asked<Task> | typeof CLOSE

export const CLOSE = 'close'

export interface Asked<Task> {
  readonly id: number
  readonly task: Task
}

export interface Answered<Result> {
  readonly id: number
  readonly result?: Result
  readonly error?: { readonly code: ModelErrorCode; readonly detail: string }
}
