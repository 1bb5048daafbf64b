import type { ChangelogFollower } from '../../engine/log/port.ts'

/** A log whose changelogs are read by others than their owners. */
export interface ChangelogSource {
  /** From the commit after a sequence; after 0, from the first block kept, before which nothing is missing. */
  follow(taskId: string, afterSequence: number): Promise<ChangelogFollower>
  /** Calls back when there may be something to read; answers how to stop. */
  onAppend(listener: () => void): () => void
}
