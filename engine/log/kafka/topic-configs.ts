import { DAY_MS } from '../../../schemas/ids.ts'
import { RECORD_BYTES_MAX } from '../frame.ts'

const FOREVER_MS = -1
/** A record of the greatest size with the greatest key, and what holds it. */
const MESSAGE_BYTES_MAX = 2 * RECORD_BYTES_MAX

/** Brokers drop whole segments, and begin a new one only this often by themselves. */
const SEGMENT_MS_DEFAULT = 7 * DAY_MS

export interface TopicConfigOptions {
  /** Infinity keeps records until they are deleted. */
  readonly retentionMs: number
  /** The cluster's default where it is left out. */
  readonly minInSyncReplicas?: number
}

/** What the brokers are told of a topic of ours, by Kafka's names. */
export const topicConfigs = ({
  retentionMs,
  minInSyncReplicas,
}: TopicConfigOptions): Record<string, string> => ({
  'cleanup.policy': 'delete',
  // Event times may lie years back, in a replay: what was just appended would be dropped at once.
  'message.timestamp.type': 'LogAppendTime',
  'retention.ms': String(Number.isFinite(retentionMs) ? retentionMs : FOREVER_MS),
  'retention.bytes': '-1',
  'segment.ms': String(Math.min(retentionMs, SEGMENT_MS_DEFAULT)),
  'max.message.bytes': String(MESSAGE_BYTES_MAX),
  ...(minInSyncReplicas !== undefined && { 'min.insync.replicas': String(minInSyncReplicas) }),
})
