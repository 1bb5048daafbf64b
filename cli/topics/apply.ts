import { KafkaAdmin } from '../../engine/log/kafka/admin.ts'
import type { Topology } from '../../engine/topology.ts'
import { kafkaOptionsOf } from '../config/services.ts'
import type { Settings } from '../config/schema.ts'
import { CliError } from '../errors.ts'
import { planTopics, type TopicPlan } from './plan.ts'
import { CONFIG_NAMES, wantedTopics } from './wanted.ts'

/** Looks at the brokers' topics and, where `apply` says so of the plan, makes and changes them. */
export const applyTopics = async (
  topology: Topology,
  settings: Settings,
  apply: (plan: TopicPlan) => 'nothing' | 'create' | 'all',
): Promise<TopicPlan> => {
  const admin = await KafkaAdmin.open(await kafkaOptionsOf(settings))
  try {
    const brokers = await admin.brokers()
    const present = await admin.topics(settings.kafka.prefix, CONFIG_NAMES)
    const plan = planTopics(wantedTopics(topology, settings, brokers, present), present)
    const what = apply(plan)
    if (what !== 'nothing') await admin.create(plan.create)
    if (what !== 'all') return plan
    for (const { topic, configs } of plan.change) {
      await admin.configure(topic, Object.fromEntries(configs.map(({ name, to }) => [name, to])))
    }
    return plan
  } finally {
    await admin.close()
  }
}

/** Makes what is missing, and changes nothing: a process that starts needs topics, and leaves the rest to people. */
export const ensureTopics = async (topology: Topology, settings: Settings): Promise<void> => {
  const { drift } = await applyTopics(topology, settings, () => 'create')
  const fatal = drift.find(({ setting }) => setting === 'partitions')
  if (fatal === undefined) return
  const { topic, found, wanted, action } = fatal
  throw new CliError('TOPICS_DRIFTED', `${topic} has ${found} partitions, not ${wanted}. ${action}`)
}
