import type { Memory } from './bytes.ts'
import { EngineError } from './errors.ts'
import { FoldedRecords } from './folded-records.ts'
import { partitionOf } from './hash.ts'
import { FrameWriter, RECORD_BYTES_MAX } from './log/frame.ts'
import type { AppendEntry } from './log/port.ts'
import type { TopicInfo } from './topic.ts'

/** A frame is closed at this size, so that a reader need not hold more at once. */
const FRAME_BYTES_MAX = 1 << 20

/** Records for one topic, collected until the commit; those of a folding topic are added up by key. */
class Output {
  readonly partitions: number
  private readonly topic: TopicInfo
  private readonly frames: FrameWriter[]
  private readonly folded: FoldedRecords | undefined
  private readonly full: AppendEntry[] = []

  constructor(topic: TopicInfo, partitions: number) {
    this.topic = topic
    this.partitions = partitions
    this.frames = Array.from({ length: partitions }, () => new FrameWriter())
    const { fold } = topic
    this.folded =
      fold &&
      new FoldedRecords(fold, partitions, (partition, time, data, keyStart, valueStart, valueEnd) =>
        this.append(partition, time, data, keyStart, valueStart, valueEnd),
      )
  }

  add(
    partition: number,
    time: number,
    bytes: Memory,
    keyStart: number,
    keyEnd: number,
    valueEnd: number,
  ): void {
    const { folded } = this
    if (folded !== undefined) folded.add(partition, time, bytes, keyStart, keyEnd, valueEnd)
    else this.append(partition, time, bytes.data, keyStart, keyEnd, valueEnd)
  }

  hasRecords(partition: number): boolean {
    return (
      this.frames[partition]!.count > 0 ||
      this.folded?.has(partition) === true ||
      this.full.some((entry) => entry.partition === partition)
    )
  }

  get foldBytes(): number {
    return this.folded?.heldBytes ?? 0
  }

  /** Everything collected, as frames; starts anew. */
  take(into: AppendEntry[]): number {
    this.folded?.drain()
    for (let partition = 0; partition < this.partitions; partition++) this.close(partition)
    into.push(...this.full)
    const records = this.full.reduce((sum, entry) => sum + entry.frame.count, 0)
    this.full.length = 0
    return records
  }

  private append(
    partition: number,
    time: number,
    data: DataView,
    keyStart: number,
    keyEnd: number,
    valueEnd: number,
  ): void {
    const writer = this.frames[partition]!
    writer.appendFrom(time, data, keyStart, keyEnd, valueEnd)
    if (writer.bytes >= FRAME_BYTES_MAX) this.close(partition)
  }

  private close(partition: number): void {
    const writer = this.frames[partition]!
    if (writer.count > 0) this.full.push({ topic: this.topic.name, partition, frame: writer.take() })
  }
}

/** What a task will write to other topics with its next commit. */
export class Outputs {
  private readonly byTopic = new Map<string, Output>()

  constructor(topics: readonly TopicInfo[], partitions: (topic: string) => number) {
    for (const topic of topics) this.byTopic.set(topic.name, new Output(topic, partitions(topic.name)))
  }

  /** Adds a record whose key and value lie one after the other in `bytes`. */
  add(topic: string, time: number, bytes: Memory, keyStart: number, keyEnd: number, valueEnd: number): void {
    const output = this.outputOf(topic)
    const partition = partitionOf(bytes.buffer, keyStart, keyEnd, output.partitions)
    output.add(partition, time, bytes, keyStart, keyEnd, valueEnd)
  }

  /** As `add`, to a partition of the caller's choice. */
  addTo(
    topic: string,
    partition: number,
    time: number,
    bytes: Memory,
    keyStart: number,
    keyEnd: number,
    valueEnd: number,
  ): void {
    this.outputOf(topic).add(partition, time, bytes, keyStart, keyEnd, valueEnd)
  }

  /** Throws where a processor emits what it did not declare, or a record too large. */
  check(topic: string, bytes: number): void {
    this.outputOf(topic)
    if (bytes > RECORD_BYTES_MAX) {
      throw new EngineError('RECORD_TOO_LARGE', `${bytes} bytes for ${topic}, at most ${RECORD_BYTES_MAX}`)
    }
  }

  /** Whether anything is collected for a partition. */
  hasRecords(topic: string, partition: number): boolean {
    return this.outputOf(topic).hasRecords(partition)
  }

  /** Bytes that tables of sums hold, used or not. */
  get foldBytes(): number {
    let bytes = 0
    for (const output of this.byTopic.values()) bytes += output.foldBytes
    return bytes
  }

  take(): { entries: AppendEntry[]; records: number } {
    const entries: AppendEntry[] = []
    let records = 0
    for (const output of this.byTopic.values()) records += output.take(entries)
    return { entries, records }
  }

  private outputOf(topic: string): Output {
    const output = this.byTopic.get(topic)
    if (output === undefined) {
      throw new EngineError(
        'TOPOLOGY_INVALID',
        `emit to "${topic}", which no node here declares as an output`,
      )
    }
    return output
  }
}
