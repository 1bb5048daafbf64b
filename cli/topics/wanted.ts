import type { BrokerTopic } from '../../engine/log/kafka/admin.ts'
import { MEMBERS_RETENTION_MS } from '../../engine/fleet/membership.ts'
import { KafkaNames } from '../../engine/log/kafka/names.ts'
import { topicConfigs } from '../../engine/log/kafka/topic-configs.ts'
import { deadLetterTopicName } from '../../engine/dead-letters.ts'
import type { TopicSpec } from '../../engine/log/port.ts'
import { taskIdOf } from '../../engine/task.ts'
import { plansOf, type Topology } from '../../engine/topology.ts'
import { topicSpecsOf } from '../../engine/worker.ts'
import { DAY_MS } from '../../schemas/ids.ts'
import { WRITTEN_TOPICS } from '../../schemas/index.ts'
import type { Settings } from '../config/schema.ts'
import { CliError } from '../errors.ts'
import { membersTopic } from '../worker/fleet-log.ts'

/** Three brokers hold a record where there are three: one may be lost, and another be down for its upgrade. */
const REPLICAS_WISHED = 3

/** The topics that a log needs, for all that is published and processed, and how long each keeps its records. */
export const topicSpecs = (topology: Topology, { topics }: Pick<Settings, 'topics'>): TopicSpec[] => {
  const { partitions, retentionDays, deadLetterRetentionDays } = topics
  const specs = topicSpecsOf(topology, partitions, retentionDays * DAY_MS)
  const known = new Set(specs.map(({ name }) => name))
  const unread = WRITTEN_TOPICS.filter((name) => !known.has(name))
  const deadLetters = new Set([...known].map(deadLetterTopicName))
  return [
    ...specs.map((spec) =>
      deadLetters.has(spec.name) ? { ...spec, retentionMs: deadLetterRetentionDays * DAY_MS } : spec,
    ),
    ...unread.map((name) => ({ name, partitions, retentionMs: retentionDays * DAY_MS })),
  ]
}

/** How long topics keep their records. */
export const retentionMsOf = ({ topics }: Pick<Settings, 'topics'>): number => topics.retentionDays * DAY_MS

/** Names of the settings of topics that are looked at. */
export const CONFIG_NAMES: readonly string[] = Object.keys(
  topicConfigs({ retentionMs: Infinity, minInSyncReplicas: 1 }),
)

/**
 * Copies of each partition, and how many must have a record, for a cluster of so many brokers. A topic that is there is
 * judged by the copies it was `found` with, unless it is said how many there are to be: brokers that are down now say
 * nothing of it. Throws `CONFIG_INVALID` for a topic that could not be made, or not be written to.
 */
export const replication = (
  { topics }: Pick<Settings, 'topics'>,
  brokers: number,
  found?: number,
): { readonly replicas: number; readonly minInSyncReplicas: number } => {
  const replicas = topics.replicas ?? found ?? Math.min(REPLICAS_WISHED, brokers)
  if (found === undefined && replicas > brokers) {
    throw tooMany('topics.replicas', replicas, `there are ${brokers} brokers`)
  }
  const copies = found ?? replicas
  const minInSyncReplicas = topics.minInSyncReplicas ?? Math.max(1, copies - 1)
  if (minInSyncReplicas > copies) {
    const detail = `there are ${copies} copies of a topic, and nothing could be written to it`
    throw tooMany('topics.minInSyncReplicas', minInSyncReplicas, detail)
  }
  return { replicas, minInSyncReplicas }
}

const tooMany = (setting: string, value: number, but: string): CliError =>
  new CliError('CONFIG_INVALID', `${setting} is ${value}, but ${but}: set it to at most as many`)

/** Every topic as it should be on the brokers: those of the topology and its contracts, changelogs, and the workers' own. */
export const wantedTopics = (
  topology: Topology,
  settings: Settings,
  brokers: number,
  present: readonly BrokerTopic[],
): BrokerTopic[] => {
  const names = new KafkaNames(settings.kafka.prefix)
  const found = new Map(present.map(({ name, replicas }) => [name, replicas]))
  const { partitions } = settings.topics
  const wanted = (name: string, retentionMs: number, count = partitions): BrokerTopic => {
    const { replicas, minInSyncReplicas } = replication(settings, brokers, found.get(name))
    return { name, partitions: count, replicas, configs: topicConfigs({ retentionMs, minInSyncReplicas }) }
  }
  return [
    ...topicSpecs(topology, settings).map(({ name, retentionMs }) => wanted(names.topic(name), retentionMs)),
    // What a changelog no longer needs, its task deletes.
    ...plansOf(topology).map(({ keySpace }) =>
      wanted(names.changelog(taskIdOf(keySpace, 0)).topic, Infinity),
    ),
    wanted(names.topic(membersTopic(settings.worker.group)), MEMBERS_RETENTION_MS, 1),
  ].sort((one, other) => (one.name < other.name ? -1 : 1))
}
