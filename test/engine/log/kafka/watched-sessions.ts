import { Changelog } from '../../../../engine/log/kafka/changelog.ts'
import { Followers } from '../../../../engine/log/kafka/followers.ts'
import type { Place } from '../../../../engine/log/kafka/names.ts'
import { Offsets } from '../../../../engine/log/kafka/offsets.ts'
import { KafkaSession, type SessionHost } from '../../../../engine/log/kafka/session.ts'
import { Transactions } from '../../../../engine/log/kafka/transaction.ts'
import type { WatchedCluster } from './watched-cluster.ts'

/** What sessions ask their brokers on, and nothing else does. */
export const LANE = 'lane'
export const TASK = 'user-0'
const TIMEOUT_MS = 60_000

export interface WatchedSessions {
  open(): Promise<KafkaSession>
  /** Where what was committed ends, by the brokers' name of a topic. */
  readonly ends: ReadonlyMap<string, number>
  close(): Promise<void>
}

/** Sessions of one task, whose changelog is the given partition, over a watched cluster. */
export const watchedSessions = (cluster: WatchedCluster, prefix: string, own: Place): WatchedSessions => {
  const offsets = new Offsets(cluster)
  const followers = new Followers(cluster, offsets, () => undefined)
  const ends = new Map<string, number>()
  const host: SessionHost = {
    assertOpen: () => undefined,
    onBrokers: (entries) => entries.map((each) => ({ ...each, topic: `${prefix}${each.topic}` })),
    checkPosition: () => undefined,
    wrote: ({ topic }, end) => void ends.set(topic, end),
    deleteBefore: () => Promise.resolve(),
  }
  return {
    open: () => {
      const transactions = new Transactions(cluster, LANE, `${prefix}${TASK}`, own, TIMEOUT_MS)
      return KafkaSession.open(TASK, host, transactions, new Changelog(own, followers, offsets))
    },
    ends,
    close: async () => {
      followers.close()
      await cluster.close()
    },
  }
}
