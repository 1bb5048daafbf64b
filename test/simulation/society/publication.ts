import type { Driver } from '../../../engine/driver/driver.ts'
import type { Topic, TopicInfo } from '../../../engine/topic.ts'

/** A record on its way to the log. */
export interface Publication {
  /** Event time, in milliseconds, at which its publisher gets it there; ties keep their order. */
  readonly sentAt: number
  readonly topic: string
  /** Undefined of bytes that decode to nothing. */
  readonly value: unknown
  readonly send: (driver: Driver) => Promise<void>
}

export const publication = <Value>(topic: Topic<Value>, value: Value, sentAt: number): Publication => ({
  sentAt,
  topic: topic.name,
  value,
  send: (driver) => driver.publish(topic, value),
})

/** Bytes as a faulty client publishes them: they need not decode. */
export const rawPublication = (
  topic: TopicInfo,
  key: string,
  value: Buffer,
  time: number,
  sentAt: number,
): Publication => ({
  sentAt,
  topic: topic.name,
  value: undefined,
  send: (driver) => driver.publishRaw(topic, Buffer.from(key), value, time),
})
