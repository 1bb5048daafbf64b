import { lineOf } from './errors.ts'
import { say } from './terminal.ts'

/** Stops once, on the first signal or when asked; a second signal does not wait. */
export class Stopping {
  private readonly close: () => Promise<void>
  private closing: Promise<void> | undefined

  constructor(close: () => Promise<void>) {
    this.close = close
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
      () => process.exit(0),
      (error: unknown) => {
        say(`freshet: ${lineOf(error)}`)
        process.exit(1)
      },
    )
  }
}

export const stopOnSignals = (close: () => Promise<void>): Stopping => new Stopping(close)
