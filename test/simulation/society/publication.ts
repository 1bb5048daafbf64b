import type { Driver } from '../../../engine/driver/driver.ts'
import type { Topic, TopicInfo } from '../../../engine/topic.ts'

/** Where records go: a driver, or a log and its workers elsewhere. */
export type Publisher = Pick<Driver, 'publish' | 'publishRaw'>

/** A record on its way to the log. */
export interface Publication {
  /** Event time, in milliseconds, at which its publisher gets it there; ties keep their order. */
  readonly sentAt: number
  readonly topic: string
  /** Undefined of bytes that decode to nothing. */
  readonly value: unknown
  readonly send: (to: Publisher) => Promise<void>
}

export const publication = <Value>(topic: Topic<Value>, value: Value, sentAt: number): Publication => ({
  sentAt,
  topic: topic.name,
  value,
  send: (to) => to.publish(topic, value),
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
  send: (to) => to.publishRaw(topic, Buffer.from(key), value, time),
})
