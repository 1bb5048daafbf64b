import type { Log } from '../../engine/log/port.ts'
import { READ_BYTES_MAX, type TopicSource, type TrainingTopic } from '../../models/training/topic-source.ts'

/** A log of this process, on its disk or on Kafka, as a trainer reads it. */
export const logSource =
  (log: Pick<Log, 'partitions' | 'endOffset' | 'read'>) =>
  (topic: TrainingTopic): TopicSource => ({
    partitions: log.partitions(topic),
    read: (partition, offset) => {
      // Whoever asks for an end hears of the next.
      log.endOffset(topic, partition)
      return log.read(topic, partition, offset, READ_BYTES_MAX)
    },
  })
