import { EngineError } from '../errors.ts'
import type { AppendEntry, TopicSpec } from './port.ts'

/** What every adapter asks of topics and frames, so that all refuse the same things in the same words. */

export const PARTITIONS_MAX = 1024
/** Well above a record's limit, well below what a write batch takes. */
export const FRAME_BYTES_MAX = 64 << 20

export const unknownTopic = (topic: string): EngineError =>
  new EngineError('UNKNOWN_TOPIC', `no topic ${JSON.stringify(topic)}`)

export const unknownPartition = (topic: string, partition: number, partitions: number): EngineError =>
  new EngineError('UNKNOWN_TOPIC', `topic ${topic} has partitions 0 to ${partitions - 1}, not ${partition}`)

export const checkSpec = (spec: TopicSpec, existingPartitions: number | undefined): void => {
  const { name, partitions, retentionMs } = spec
  if (!Number.isInteger(partitions) || partitions < 1 || partitions > PARTITIONS_MAX) {
    throw new EngineError(
      'TOPIC_MISMATCH',
      `${name}.partitions is ${partitions}: give 1 to ${PARTITIONS_MAX}`,
    )
  }
  if (!(retentionMs >= 0)) {
    throw new EngineError('TOPIC_MISMATCH', `${name}.retentionMs is ${retentionMs}: give 0 or more`)
  }
  if (existingPartitions !== undefined && existingPartitions !== partitions) {
    const detail = `${name} has ${existingPartitions} partitions, ${partitions} asked for`
    throw new EngineError('TOPIC_MISMATCH', `${detail}: keys would move. Ask for ${existingPartitions}`)
  }
}

/** Refuses frames whose count is not their own, for offsets are counted by it. */
export const checkEntry = ({ topic, frame }: AppendEntry): void => {
  if (frame.bytes.length > FRAME_BYTES_MAX) {
    const detail = `a frame of ${frame.bytes.length} bytes for ${topic}`
    throw new EngineError('RECORD_TOO_LARGE', `${detail}: give at most ${FRAME_BYTES_MAX}`)
  }
  if (frame.bytes.length < 4 || frame.bytes.readUInt32LE(0) !== frame.count) {
    throw new EngineError(
      'DECODE_FAILED',
      `a frame for ${topic} does not hold the ${frame.count} records it claims`,
    )
  }
}
