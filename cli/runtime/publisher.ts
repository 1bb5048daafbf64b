import { ByteWriter } from '../../engine/bytes.ts'
import { partitionOf } from '../../engine/hash.ts'
import { KeyWriter } from '../../engine/key.ts'
import { FrameWriter } from '../../engine/log/frame.ts'
import type { AppendEntry, Log } from '../../engine/log/port.ts'
import type { Contract } from '../../schemas/contract.ts'
import { contractCodec } from '../../engine/contract-topic.ts'
import type { Codec } from '../../engine/topic.ts'
import { type Restriction, restrictionOf } from '../../serving/visibility/accepted.ts'

/** By what a contract's events are written. */
export type PublishedCodecs = <Value>(contract: Contract<Value>) => Codec<Value>

/** Under the ids of this code's own schemas. */
export const ownCodecs: PublishedCodecs = contractCodec

/** Collects checked events into one append: a batch is one durable write, however many events it holds. */
export class Publisher {
  private readonly log: Pick<Log, 'partitions' | 'append'>
  private readonly frames = new Map<string, FrameWriter[]>()
  private readonly value = new ByteWriter(4096)
  private readonly key = new KeyWriter()
  private readonly codecs: PublishedCodecs
  private readonly accepted: (restrictions: readonly Restriction[]) => void
  private restrictions: Restriction[] = []
  private pending = 0

  /** `accepted` hears, the moment a batch is durable, of everything in it that forbids to show something. */
  constructor(
    log: Pick<Log, 'partitions' | 'append'>,
    accepted: (restrictions: readonly Restriction[]) => void = () => undefined,
    codecs: PublishedCodecs = ownCodecs,
  ) {
    this.codecs = codecs
    this.log = log
    this.accepted = accepted
  }

  /** Events added since the last `flush`. */
  get size(): number {
    return this.pending
  }

  add<Value>({ contract, value }: { readonly contract: Contract<Value>; readonly value: Value }): void {
    this.key.reset()
    this.key.id(contract.keyOf(value))
    this.value.reset()
    this.codecs(contract).encode(value, this.value)
    const frames = this.framesOf(contract.topic)
    const { buffer, length } = this.key
    const frame = frames[partitionOf(buffer, 0, length, frames.length)]!
    frame.append(contract.timeOf(value), buffer, 0, length, this.value.buffer, 0, this.value.position)
    const restriction = restrictionOf(contract.topic, value)
    if (restriction !== null) this.restrictions.push(restriction)
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
    const { restrictions } = this
    this.pending = 0
    this.restrictions = []
    await this.log.append(entries)
    this.accepted(restrictions)
  }

  private framesOf(topic: string): FrameWriter[] {
    const known = this.frames.get(topic)
    if (known !== undefined) return known
    const made = Array.from({ length: this.log.partitions(topic) }, () => new FrameWriter())
    this.frames.set(topic, made)
    return made
  }
}
