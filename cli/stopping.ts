import { lineOf } from './errors.ts'
import { say } from './terminal.ts'

/** Stops once, on the first signal or when asked; a second signal does not wait. */
export class Stopping {
  private readonly close: () => Promise<void>
  private readonly exitCode: number
  private closing: Promise<void> | undefined

  /** `exitCode` is what the process ends with on a signal. */
  constructor(close: () => Promise<void>, exitCode = 0) {
    this.close = close
    this.exitCode = exitCode
    process.on('SIGINT', () => this.onSignal())
    process.on('SIGTERM', () => this.onSignal())
  }

  get begun(): boolean {
    return this.closing !== undefined
  }

  stop(): Promise<void> {
    return (this.closing ??= this.close())
  }

  private onSignal(): void {
    if (this.begun) process.exit(1)
    this.stop().then(
      () => process.exit(this.exitCode),
      (error: unknown) => {
        say(`freshet: ${lineOf(error)}`)
        process.exit(1)
      },
    )
  }
}

export const stopOnSignals = (close: () => Promise<void>): Stopping => new Stopping(close)

const FAILURE_CHECK_MS = 250

/** Aborted by the first signal; a second does not wait. */
export const toldToStop = (): AbortSignal => {
  const told = new AbortController()
  const stop = (): void => {
    if (told.signal.aborted) process.exit(1)
    told.abort()
  }
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
  return told.signal
}

/** Resolves when the process is told to stop; rejects with what `check` throws before, at most a moment after it does. */
export const untilTold = (told: AbortSignal, check: () => void): Promise<void> =>
  new Promise((resolve, reject) => {
    const timer = setInterval(() => {
      try {
        check()
      } catch (error) {
        clearInterval(timer)
        reject(error)
      }
    }, FAILURE_CHECK_MS)
    const end = (): void => {
      clearInterval(timer)
      resolve()
    }
    if (told.aborted) end()
    told.addEventListener('abort', end)
  })
