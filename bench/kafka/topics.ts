import { setTimeout as sleep } from 'node:timers/promises'
import { Cluster } from '../../engine/log/kafka/cluster.ts'
import { loadLibrary } from '../../engine/log/kafka/library.ts'
import type { KafkaLogOptions } from '../../engine/log/kafka/options.ts'

const DELETE_MS_MAX = 30_000
const LOOK_MS = 50

/**
 * Deletes every topic under a prefix but those to keep, by their names without it: positions and state lie in
 * changelogs, so whoever comes next begins at offset 0 of what is kept.
 */
export const deleteTopics = async (
  brokers: readonly string[],
  prefix: string,
  kept: readonly string[],
): Promise<void> => {
  const options: KafkaLogOptions = { brokers, prefix, changelogPartitions: 1 }
  const cluster = new Cluster(await loadLibrary(), options)
  const left = async (): Promise<string[]> => {
    await cluster.persist(() => cluster.refresh())
    return [...cluster.topics()].filter(
      (topic) => topic.startsWith(prefix) && !kept.includes(topic.slice(prefix.length)),
    )
  }
  try {
    const topics = (await left()).map((name) => ({ name }))
    if (topics.length === 0) return
    await cluster.askAny(cluster.library.deleteTopicsV6.api, topics, DELETE_MS_MAX)
    while ((await left()).length > 0) await sleep(LOOK_MS)
  } finally {
    await cluster.close()
  }
}
