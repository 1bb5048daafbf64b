import { ByteWriter } from '../../engine/bytes.ts'
import { partitionOf } from '../../engine/hash.ts'
import { KeyWriter } from '../../engine/key.ts'
import { FrameWriter } from '../../engine/log/frame.ts'
import type { AppendEntry, Log } from '../../engine/log/port.ts'
import type { Envelope } from '../../schemas/envelope.ts'
import { contractCodec } from '../../engine/contract-topic.ts'

/** Collects checked events into one append: a batch is one durable write, however many events it holds. */
export class Publisher {
  private readonly log: Pick<Log, 'partitions' | 'append'>
  private readonly frames = new Map<string, FrameWriter[]>()
  private readonly value = new ByteWriter(4096)
  private readonly key = new KeyWriter()
  private pending = 0

  constructor(log: Pick<Log, 'partitions' | 'append'>) {
    this.log = log
  }

  /** Events added since the last `flush`. */
  get size(): number {
    return this.pending
  }

  add({ contract, value }: Envelope): void {
    this.key.reset()
    this.key.id(contract.keyOf(value))
    this.value.reset()
    contractCodec(contract).encode(value, this.value)
    const frames = this.framesOf(contract.topic)
    const { buffer, length } = this.key
    const frame = frames[partitionOf(buffer, 0, length, frames.length)]!
    frame.append(contract.timeOf(value), buffer, 0, length, this.value.buffer, 0, this.value.position)
    this.pending++
  }

  /** Resolves when everything added is durable; throws when none of it is. */
  async flush(): Promise<void> {
    const entries: AppendEntry[] = []
    for (const [topic, frames] of this.frames) {
      for (const [partition, frame] of frames.entries()) {
        if (frame.count > 0) entries.push({ topic, partition, frame: frame.take() })
      }
    }
    this.pending = 0
    await this.log.append(entries)
  }

  private framesOf(topic: string): FrameWriter[] {
    const known = this.frames.get(topic)
    if (known !== undefined) return known
    const made = Array.from({ length: this.log.partitions(topic) }, () => new FrameWriter())
    this.frames.set(topic, made)
    return made
  }
}
