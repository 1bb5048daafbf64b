import type { KafkaLog } from '../../../../engine/log/kafka.ts'
import { readAll, valuesOf } from '../../../conformance/frames.ts'

/**
 * What can be read of a topic's partition, as far as the brokers say now. Of a commit that is once its marker is
 * written, a moment after it was decided: poll for it.
 */
export const heardValues = async (
  log: KafkaLog,
  topic: string,
  partition = 0,
): Promise<readonly string[]> => {
  // A partition is followed from the first time that it is asked about.
  log.endOffset(topic, partition)
  await log.hearEnds()
  return valuesOf(await readAll(log, topic, partition))
}

/** A marker is there long before, but for busy brokers. */
export const MARKERS_MS_MAX = 10_000
