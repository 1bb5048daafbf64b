import { setTimeout as sleep } from 'node:timers/promises'
import { ByteWriter } from '../../../engine/bytes.ts'
import type { Clock } from '../../../engine/clock.ts'
import { deadLetterTopic } from '../../../engine/dead-letters.ts'
import { partitionOf } from '../../../engine/hash.ts'
import { KeyWriter } from '../../../engine/key.ts'
import { FrameCursor, FrameWriter } from '../../../engine/log/frame.ts'
import { KafkaLog } from '../../../engine/log/kafka.ts'
import type { Topic, TopicInfo } from '../../../engine/topic.ts'
import { systemClock } from '../../../cli/runtime/clock.ts'
import { millis } from '../../../schemas/ids.ts'

const READ_BYTES_MAX = 1 << 20

/** The machine's own time, moved to when a run takes place. */
export class MovedClock implements Clock {
  private ahead: number

  constructor(startMs: number) {
    this.ahead = startMs - systemClock.monotonicMs()
  }

  now = () => millis(Math.floor(this.monotonicMs()))
  monotonicMs = (): number => systemClock.monotonicMs() + this.ahead

  advance(ms: number): void {
    this.ahead += ms
  }
}

/** Publishes to topics on Kafka and reads them, as any client would. */
export class Publishing {
  private readonly log: KafkaLog
  private readonly open: () => Promise<KafkaLog>

  private constructor(log: KafkaLog, open: () => Promise<KafkaLog>) {
    this.log = log
    this.open = open
  }

  static async start(brokers: readonly string[], prefix: string, partitions: number): Promise<Publishing> {
    const open = (): Promise<KafkaLog> => KafkaLog.open({ brokers, prefix, changelogPartitions: partitions })
    return new Publishing(await open(), open)
  }

  async publish<Value>(topic: Topic<Value>, value: Value): Promise<void> {
    const bytes = new ByteWriter()
    topic.codec.encode(value, bytes)
    const key = new KeyWriter()
    topic.key(value, key)
    await this.publishRaw(topic, key.view(), bytes.view(), topic.time(value))
  }

  async publishRaw(topic: TopicInfo, key: Buffer, value: Buffer, time: number): Promise<void> {
    const frame = new FrameWriter()
    frame.append(time, key, 0, key.length, value, 0, value.length)
    const partition = partitionOf(key, 0, key.length, this.log.partitions(topic.name))
    await this.log.append([{ topic: topic.name, partition, frame: frame.take() }])
  }

  /** Offset after the last record that was published to a partition of a topic here. */
  endOffset({ name }: TopicInfo, partition: number): number {
    return this.log.endOffset(name, partition)
  }

  /** As one who comes anew finds them: who was here before has heard only of what it follows. */
  async records<Value>(topic: Topic<Value>): Promise<Value[]> {
    const log = await this.open()
    const values: Value[] = []
    const cursor = new FrameCursor()
    for (let partition = 0; partition < log.partitions(topic.name); partition++) {
      for (let offset = 0; offset < log.endOffset(topic.name, partition);) {
        const frames = await log.read(topic.name, partition, offset, READ_BYTES_MAX)
        for (const { baseOffset, frame } of frames) {
          cursor.over(frame)
          while (cursor.next()) {
            values.push(topic.codec.decode(cursor.buffer, cursor.valueStart, cursor.valueEnd))
          }
          offset = baseOffset + frame.count
        }
        if (frames.length === 0) await sleep(1)
      }
    }
    await log.close()
    return values
  }

  deadLetters(
    topic: TopicInfo,
  ): Promise<ReturnType<ReturnType<typeof deadLetterTopic>['codec']['decode']>[]> {
    return this.records(deadLetterTopic(topic))
  }

  close(): Promise<void> {
    return this.log.close()
  }
}
