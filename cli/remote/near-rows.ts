import { setTimeout as sleep } from 'node:timers/promises'
import type { EngineError } from '../../engine/errors.ts'
import type { ChangelogSource } from '../../features/sink/source.ts'
import { FeatureSink } from '../../features/sink/feature-sink.ts'
import type { NearCache } from '../../features/store/near-cache.ts'
import type { FollowedStore } from '../../features/store/port.ts'
import type { TaskMark, TaskPlace } from '../../features/sink/task-mark.ts'

/** Whose rows change most, and are read by most feeds. */
const FOLLOWED_SPACE = 'post'

export interface NearRowsParts {
  readonly log: ChangelogSource
  readonly store: FollowedStore
  readonly cache: NearCache
  readonly partitions: number
  /** The mark of a task, as last heard. */
  readonly mark: (keySpace: string, partition: number) => Pick<TaskMark, 'sequence'>
  /** When marks were asked for that were heard. */
  readonly markedAtMs: () => number
  /** Stores of a key space that are kept near. */
  readonly storesOf: (keySpace: string) => readonly string[]
  readonly monotonicMs: () => number
  readonly failed: (error: EngineError) => void
}

/**
 * Fills what is kept near of posts as their features change: the changelog is followed from where Redis stood, and
 * a row that is kept is replaced by what was committed of it, unless Redis has that already: who reads the changelog
 * late would put old rows over newer ones. Rows that nobody reads stay out.
 */
export const followPosts = async (parts: NearRowsParts): Promise<FeatureSink> => {
  const { log, partitions, storesOf, monotonicMs, failed } = parts
  const sink = new FeatureSink({ log, store: heardBy(parts), storesOf, monotonicMs, failed })
  const places: TaskPlace[] = Array.from({ length: partitions }, (_, partition) => ({
    keySpace: FOLLOWED_SPACE,
    partition,
  }))
  await sink.assign(places)
  return sink
}

/** Takes rows for a cache, which can forget nothing that it need have. */
const heardBy = ({ cache, store, mark, markedAtMs }: NearRowsParts): FollowedStore => ({
  apply: async ({ store: name, partition, sequence, rows }) => {
    const isNews = sequence > mark(FOLLOWED_SPACE, partition).sequence
    for (const [key, row] of isNews ? rows : []) {
      cache.hear(name, asBuffer(key), row === null ? null : asBuffer(row), markedAtMs())
    }
    // A long changelog is read beside feeds.
    await sleep(0)
  },
  position: async () => ({ sequence: Infinity, newest: -1 }),
  readRow: (name, partition, key) => store.readRow(name, partition, key),
  clear: async () => undefined,
})

const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
