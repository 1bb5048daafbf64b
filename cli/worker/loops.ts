import { setTimeout as sleep } from 'node:timers/promises'

/** Does something again and again until stopped: at once while there is more to do, else after a pause. */
export class Loop {
  private readonly pauseMs: number
  private readonly turn: () => Promise<boolean>
  private readonly failed: (error: unknown) => void
  private stopping = false
  private wakeUp: AbortController | undefined
  private readonly running: Promise<void>

  /** `turn` answers whether there is more to do. After an error, `failed` hears of it and the loop ends. */
  constructor(pauseMs: number, turn: () => Promise<boolean>, failed: (error: unknown) => void) {
    this.pauseMs = pauseMs
    this.turn = turn
    this.failed = failed
    this.running = this.run()
  }

  /** Resolves when the turn under way has ended. */
  async stop(): Promise<void> {
    this.stopping = true
    this.wakeUp?.abort()
    await this.running
  }

  private async run(): Promise<void> {
    try {
      while (!this.stopping) await this.pause((await this.turn()) ? 0 : this.pauseMs)
    } catch (error) {
      this.failed(error)
    }
  }

  private async pause(ms: number): Promise<void> {
    if (this.stopping) return
    this.wakeUp = new AbortController()
    await sleep(ms, undefined, { signal: this.wakeUp.signal }).catch(() => undefined)
    this.wakeUp = undefined
  }
}
