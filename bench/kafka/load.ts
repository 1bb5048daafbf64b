import { systemClock } from '../../cli/runtime/clock.ts'
import { KafkaLog } from '../../engine/log/kafka.ts'
import { HOUR_MS } from '../../schemas/ids.ts'
import { reactionEvents, ReactionLoad } from '../engine-load.ts'
import { publishAll } from '../publish-all.ts'

/** The topics that a publisher fills; every run of a system begins with these and nothing else. */
export const INPUT_TOPICS: readonly string[] = ['posts', 'reactions']

const EVENTS_PER_MS = 1000

export interface LoadOptions {
  readonly brokers: readonly string[]
  readonly prefix: string
  readonly partitions: number
  /** Distinct (user, author) pairs, all equally likely. */
  readonly keys: number
  readonly events: number
}

export interface Load {
  readonly posts: number
  readonly reactions: number
  /** Pairs that some reaction is of. */
  readonly keysTouched: number
}

/** Publishes the posts and then the reactions, through the same validation and encoding as any publisher's. */
export const publishLoad = async (options: LoadOptions): Promise<Load> => {
  const { brokers, prefix, partitions, keys, events } = options
  const log = await KafkaLog.open({ brokers, prefix, changelogPartitions: partitions })
  try {
    await log.createTopics(INPUT_TOPICS.map((name) => ({ name, partitions, retentionMs: Infinity })))
    const load = new ReactionLoad(keys)
    const startedAt = systemClock.now() - HOUR_MS
    await publishAll(log, load.posts(startedAt))
    const touched = new Set<string>()
    const reactions = reactionEvents(events, (index) => {
      const reaction = load.anyReaction(startedAt + Math.floor(index / EVENTS_PER_MS))
      touched.add(`${reaction.userId} ${reaction.authorId}`)
      return reaction
    })
    await publishAll(log, reactions)
    return { posts: load.postCount, reactions: events, keysTouched: touched.size }
  } finally {
    await log.close()
  }
}
