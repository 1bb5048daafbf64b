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
