import type { Millis } from '../../../schemas/ids.ts'
import type { Database } from '../../storage/database.ts'
import type { Reads } from '../port.ts'
import { frameAppendedAt, frameEnd, partitionEndKey, seekKey, startOffsetKey } from './keys.ts'
import type { TaskTable } from './tasks.ts'
import { startOffsetRow, type EmbeddedPartition, type TopicTable } from './topics.ts'

/** Frames examined and dropped in one step, between which other work gets its turn. */
const STEP_FRAMES_MAX = 512

/** Drops frames that are old enough and that every task which reads their partition is past. */
export const enforceRetention = async (
  database: Database,
  topics: TopicTable,
  tasks: TaskTable,
  now: Millis,
  reads: Reads,
): Promise<void> => {
  for (const { name, retentionMs, partitions } of topics.all()) {
    const appendedBefore = now - retentionMs
    for (const partition of partitions) {
      const consumed = (): number => tasks.consumed(name, partition.number, reads)
      while (await step(database, partition, appendedBefore, consumed()));
    }
  }
}

/** Answers whether there may be more to drop. */
const step = async (
  database: Database,
  partition: EmbeddedPartition,
  appendedBefore: number,
  consumed: number,
): Promise<boolean> => {
  const { rows } = await database.page('log', {
    gte: seekKey(partition.topicNumber, partition.number, partition.start),
    lt: partitionEndKey(partition.topicNumber, partition.number),
    keysOnly: true,
    rowsMax: STEP_FRAMES_MAX,
  })
  const batch = database.batch()
  let start = partition.start
  for (let at = 0; at < rows.length; at += 2) {
    const key = rows[at]!
    if (frameAppendedAt(key) >= appendedBefore || frameEnd(key) > consumed) break
    batch.remove('log', key)
    start = frameEnd(key)
  }
  const dropped = batch.rows
  if (dropped === 0) return false
  batch.put('log', startOffsetKey(partition.topicNumber, partition.number), startOffsetRow(start))
  database.write(batch)
  partition.start = start
  return dropped === STEP_FRAMES_MAX
}
