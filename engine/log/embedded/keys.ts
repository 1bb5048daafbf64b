import { readU64, writeU64 } from '../../storage/row-key.ts'

/**
 * Rows of column `log`: a frame lies under `topic u16 · partition u16 · end u64 · appendedAt u64` with its
 * bytes as the value. `end` is the offset after its last record, so that one forward seek finds the frame
 * that holds an offset; the time is in the key so that retention reads no values. Settings of a topic and
 * start offsets lie under a partition number that no partition has.
 */
const SETTINGS_PARTITION = 0xffff
const FRAME_KEY_BYTES = 20

export const frameKey = (topic: number, partition: number, end: number, appendedAt: number): Buffer => {
  const key = Buffer.allocUnsafe(FRAME_KEY_BYTES)
  key.writeUInt16BE(topic, 0)
  key.writeUInt16BE(partition, 2)
  writeU64(key, end, 4)
  writeU64(key, appendedAt, 12)
  return key
}

/** The lowest key of frames that end after `offset`. */
export const seekKey = (topic: number, partition: number, offset: number): Buffer =>
  frameKey(topic, partition, offset + 1, 0)

/** Beyond every frame of the partition. */
export const partitionEndKey = (topic: number, partition: number): Buffer =>
  frameKey(topic, partition + 1, 0, 0).subarray(0, 4)

export const frameEnd = (key: Buffer): number => readU64(key, 4)
export const frameAppendedAt = (key: Buffer): number => readU64(key, 12)

export const topicSettingsKey = (topic: number): Buffer => {
  const key = Buffer.allocUnsafe(4)
  key.writeUInt16BE(topic, 0)
  key.writeUInt16BE(SETTINGS_PARTITION, 2)
  return key
}

export const startOffsetKey = (topic: number, partition: number): Buffer => {
  const key = Buffer.allocUnsafe(6)
  topicSettingsKey(topic).copy(key)
  key.writeUInt16BE(partition, 4)
  return key
}

/** Rows of column `changelog`: `task u16 · 0` is what the last commit left, `task u16 · 1 · sequence u64` a block. */
export const taskKey = (task: number): Buffer => {
  const key = Buffer.alloc(3)
  key.writeUInt16BE(task, 0)
  return key
}

export const blockKey = (task: number, sequence: number): Buffer => {
  const key = Buffer.allocUnsafe(11)
  key.writeUInt16BE(task, 0)
  key[2] = 1
  writeU64(key, sequence, 3)
  return key
}

export const blockSequence = (key: Buffer): number => readU64(key, 3)

/** Beyond every block of the task. */
export const blocksEndKey = (task: number): Buffer => {
  const key = Buffer.allocUnsafe(3)
  key.writeUInt16BE(task, 0)
  key[2] = 2
  return key
}
