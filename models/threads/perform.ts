import type { MessagePort } from 'node:worker_threads'
import { ModelError } from '../errors.ts'
import { type Answered, type Asked, CLOSE, type ToThread } from './messages.ts'

export interface Duties<Task, Result> {
  /** A `ModelError` is answered; anything else ends the thread. */
  readonly perform: (task: Task) => Promise<Result>
  /** What waits to be done between tasks, a part at a time; answers whether more is left. */
  readonly tend?: () => Promise<boolean>
  readonly dispose: () => Promise<void>
}

/** A thread's side of a `TaskThread`: does one task after the other until it is told to end. */
export const performTasks = <Task, Result>(port: MessagePort, duties: Duties<Task, Result>): void => {
  let last: Promise<void> = Promise.resolve()
  let isClosing = false
  let isTending = false

  const tend = (): void => {
    isTending = duties.tend !== undefined
    if (isTending) last = last.then(tendOnce)
  }
  const tendOnce = async (): Promise<void> => {
    if (!isClosing && (await duties.tend?.())) setImmediate(tend)
    else isTending = false
  }
  const close = async (): Promise<void> => {
    await duties.dispose()
    port.close()
  }
  const answer = async (asked: Asked<Task>): Promise<void> => {
    // Nobody waits for the answers of a thread that is being closed.
    if (!isClosing) port.postMessage(await answerTo(duties, asked))
  }

  port.on('message', (message: ToThread<Task>) => {
    isClosing ||= message === CLOSE
    last = last.then(() => (message === CLOSE ? close() : answer(message)))
    if (!isTending) tend()
  })
}

const answerTo = async <Task, Result>(
  { perform }: Duties<Task, Result>,
  { id, task }: Asked<Task>,
): Promise<Answered<Result>> => {
  try {
    return { id, result: await perform(task) }
  } catch (error) {
    if (!(error instanceof ModelError)) throw error
    return { id, error: { code: error.code, detail: error.detail } }
  }
}
