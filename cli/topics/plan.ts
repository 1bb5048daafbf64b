import type { BrokerTopic } from '../../engine/log/kafka/admin.ts'

/** A setting of a topic that is not as it should be, and can be made so. */
export interface ConfigChange {
  readonly name: string
  /** Null: the brokers do not tell. */
  readonly from: string | null
  readonly to: string
}

export interface TopicChange {
  readonly topic: string
  readonly configs: readonly ConfigChange[]
}

/** What is not as it should be, and cannot be changed from here. */
export interface TopicDrift {
  readonly topic: string
  readonly setting: 'partitions' | 'replicas'
  readonly found: number
  readonly wanted: number
  readonly action: string
}

export interface TopicPlan {
  readonly create: readonly BrokerTopic[]
  readonly change: readonly TopicChange[]
  readonly drift: readonly TopicDrift[]
  /** Topics that are there as they should be. */
  readonly unchanged: number
}

const ACTIONS = {
  partitions:
    'Keys would come to lie in other partitions than their state: set topics.partitions to what is there, or begin anew under another kafka.prefix',
  replicas: 'Move its replicas with kafka-reassign-partitions, or set topics.replicas to what is there',
} as const

/** What to do so that the topics that are there become those that are wanted. Others are nobody's business. */
export const planTopics = (wanted: readonly BrokerTopic[], present: readonly BrokerTopic[]): TopicPlan => {
  const byName = new Map(present.map((topic) => [topic.name, topic]))
  const there = wanted.flatMap((topic) => {
    const found = byName.get(topic.name)
    return found === undefined ? [] : [{ wanted: topic, found }]
  })
  const change = there.flatMap((pair) => changeOf(pair.wanted, pair.found))
  const drift = there.flatMap((pair) => driftOf(pair.wanted, pair.found))
  const touched = new Set([...change, ...drift].map(({ topic }) => topic))
  return {
    create: wanted.filter(({ name }) => !byName.has(name)),
    change,
    drift,
    unchanged: there.length - touched.size,
  }
}

const changeOf = (wanted: BrokerTopic, found: BrokerTopic): TopicChange[] => {
  const configs = Object.entries(wanted.configs)
    .filter(([name, value]) => found.configs[name] !== value)
    .map(([name, to]) => ({ name, from: found.configs[name] ?? null, to }))
  return configs.length === 0 ? [] : [{ topic: wanted.name, configs }]
}

const driftOf = (wanted: BrokerTopic, found: BrokerTopic): TopicDrift[] =>
  (['partitions', 'replicas'] as const)
    .filter((setting) => wanted[setting] !== found[setting])
    .map((setting) => ({
      topic: wanted.name,
      setting,
      found: found[setting],
      wanted: wanted[setting],
      action: ACTIONS[setting],
    }))

/** For people, a line a step. */
export const planLines = ({ create, change, drift, unchanged }: TopicPlan): string[] => [
  ...create.map(
    ({ name, partitions, replicas, configs }) =>
      `create  ${name}  partitions=${partitions} replicas=${replicas} ${Object.entries(configs)
        .map(([config, value]) => `${config}=${value}`)
        .join(' ')}`,
  ),
  ...change.map(
    ({ topic, configs }) =>
      `change  ${topic}  ${configs.map(({ name, from, to }) => `${name} ${from ?? '?'} -> ${to}`).join(', ')}`,
  ),
  ...drift.map(
    ({ topic, setting, found, wanted, action }) =>
      `drift   ${topic}  ${setting} is ${found}, wanted ${wanted}. ${action}.`,
  ),
  `${create.length} to create, ${change.length} to change, ${drift.length} drifted, ${unchanged} as they should be.`,
]
