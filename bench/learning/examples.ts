import { FrameCursor } from '../../engine/log/frame.ts'
import type { Log } from '../../engine/log/port.ts'
import { READ_BYTES_MAX } from '../../models/training/topic-source.ts'
import { type Example, examples as contract } from '../../schemas/examples/index.ts'

/** Reads the examples of one partition, each once, as far as there are any. */
export class ExampleReader {
  private readonly log: Pick<Log, 'read'>
  private readonly cursor = new FrameCursor()
  private offset = 0

  constructor(log: Pick<Log, 'read'>) {
    this.log = log
  }

  async each(take: (example: Example) => Promise<void>): Promise<void> {
    for (;;) {
      const frames = await this.log.read(contract.topic, 0, this.offset, READ_BYTES_MAX)
      if (frames.length === 0) return
      for (const { baseOffset, frame } of frames) {
        this.cursor.over(frame)
        while (this.cursor.next()) {
          if (baseOffset + this.cursor.index < this.offset) continue
          const { buffer, valueStart, valueEnd } = this.cursor
          await take(contract.decode(buffer, valueStart, valueEnd))
        }
        this.offset = Math.max(this.offset, baseOffset + frame.count)
      }
    }
  }
}
