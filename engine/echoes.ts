import type { Input } from './input.ts'
import type { Log } from './log/port.ts'
import type { Outputs } from './outputs.ts'

/** Echoes that a commit takes to the log. */
export interface SentEchoes {
  /** The task's time when the commit began. */
  readonly watermark: number
  /** For each input, the log's end with the echoes in it; undefined until the commit is through. */
  ends: readonly number[] | undefined
}

/**
 * Holds a task's time back while what it sent to itself is under way. An event's echo comes a commit later than
 * the event, and by then batches may have taken hours of event time: a timer would fire before the echo of an
 * event long before it. So time stands at a watermark only when the echoes of everything up to it are heard.
 */
export class Echoes {
  private readonly inputs: readonly Input[]
  private readonly outputs: Outputs
  private readonly log: Log
  private readonly sent: SentEchoes[] = []
  private heard = -Infinity

  /** @param inputs those of the task's inputs that it writes to itself */
  constructor(inputs: readonly Input[], outputs: Outputs, log: Log) {
    this.inputs = inputs
    this.outputs = outputs
    this.log = log
  }

  /** Event time up to which events and their echoes are processed. */
  get watermark(): number {
    return this.heard
  }

  /**
   * A task that starts has yet to hear what its last owner sent; `heard` is how far that owner had come, by a clock that
   * may have been ahead.
   */
  restore(watermark: number, heard: number): void {
    this.heard = Math.min(heard, watermark)
    this.sent.push({ watermark, ends: this.ends() })
    this.advance(watermark)
  }

  /** To be called as a commit begins, and `arrived` with the answer once it is through. */
  leave(watermark: number): SentEchoes | undefined {
    if (!this.areWaiting()) return undefined
    const leaving = { watermark, ends: undefined }
    this.sent.push(leaving)
    return leaving
  }

  arrived(echoes: SentEchoes): void {
    echoes.ends = this.ends()
  }

  /** Moves to where echoes allow; `watermark` is where events do. */
  advance(watermark: number): void {
    while (this.sent.length > 0 && this.isHeard(this.sent[0]!)) this.moveTo(this.sent.shift()!.watermark)
    if (this.sent.length === 0 && !this.areWaiting()) this.moveTo(watermark)
  }

  private moveTo(watermark: number): void {
    if (watermark > this.heard) this.heard = watermark
  }

  private isHeard({ ends }: SentEchoes): boolean {
    return ends !== undefined && this.inputs.every(({ offset }, index) => offset >= ends[index]!)
  }

  /** Some were sent that no commit took along yet. */
  private areWaiting(): boolean {
    return this.inputs.some(({ topic, partition }) => this.outputs.hasRecords(topic, partition))
  }

  private ends(): number[] {
    return this.inputs.map(({ topic, partition }) => this.log.endOffset(topic, partition))
  }
}
