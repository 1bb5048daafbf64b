import { EngineError } from '../../engine/errors.ts'
import { MEMBERS_RETENTION_MS } from '../../engine/fleet/membership.ts'
import { KafkaLog } from '../../engine/log/kafka.ts'
import type { KafkaLogOptions } from '../../engine/log/kafka/options.ts'
import type { TopicSpec } from '../../engine/log/port.ts'
import type { Topology } from '../../engine/topology.ts'
import { topicSpecsOf } from '../../engine/worker.ts'
import { WRITTEN_TOPICS } from '../../schemas/index.ts'
import type { WorkerSettings } from './settings.ts'

const PLAIN = /^[a-zA-Z0-9.-]{1,100}$/

/** The topic by which the workers of a group hear of each other. */
export const membersTopic = (group: string): string => {
  if (PLAIN.test(group)) return `${group}.members`
  throw new EngineError(
    'TOPOLOGY_INVALID',
    `group ${JSON.stringify(group)}: give letters, digits, "." and "-"`,
  )
}

/** Every topic that workers read and write, and all public ones: what is accepted must have a place. */
export const fleetTopics = (
  topology: Topology,
  { partitions, retentionMs, group }: Pick<WorkerSettings, 'partitions' | 'retentionMs' | 'group'>,
): TopicSpec[] => {
  const specs = topicSpecsOf(topology, partitions, retentionMs)
  const known = new Set(specs.map(({ name }) => name))
  const unread = WRITTEN_TOPICS.filter((name) => !known.has(name))
  return [
    ...specs,
    ...unread.map((name) => ({ name, partitions, retentionMs })),
    { name: membersTopic(group), partitions: 1, retentionMs: MEMBERS_RETENTION_MS },
  ]
}

/** How a worker reaches Kafka: its member's name is what the brokers know it by. */
export const fleetLogOptions = (settings: WorkerSettings): KafkaLogOptions => {
  const { brokers, prefix, member, partitions, replicas, security, transactionMsMax } = settings
  return {
    brokers,
    prefix,
    clientId: `freshet-${member}`,
    changelogPartitions: partitions,
    transactionMsMax,
    ...(replicas !== undefined && { replicas }),
    ...security,
  }
}

/** Connects to the brokers and makes the topics that are missing. */
export const openFleetLog = async (topology: Topology, settings: WorkerSettings): Promise<KafkaLog> => {
  const log = await KafkaLog.open(fleetLogOptions(settings))
  try {
    await log.createTopics(fleetTopics(topology, settings))
    return log
  } catch (error) {
    await log.close()
    throw error
  }
}
