import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import { EngineError } from '../../engine/errors.ts'
import { SearchThread } from '../../models/retrieval/search-thread.ts'
import { SearchedPosts, type VersionedTowers } from '../../serving/retrieval/searched-posts.ts'
import type { ServingBackend } from '../runtime/backend.ts'
import { onceEach } from './once-each.ts'

/**
 * An index of posts by given towers, on a thread of its own, which follows them from now on. `failed` is told why it could not, once
 * each, and not of what only takes time: stores that are being restored.
 */
export const followPosts = (
  backend: Pick<ServingBackend, 'rows' | 'newestEventAt'>,
  towers: VersionedTowers,
  failed: (error: unknown) => void,
): SearchedPosts => {
  const tell = onceEach(failed)
  const posts = new SearchedPosts(
    {
      rows: backend.rows,
      newestEventAt: () => backend.newestEventAt(),
      failed: (error) => {
        if (!(error instanceof EngineError && error.recovery === 'retry')) tell(error)
      },
      start: (parameters) => SearchThread.start(parameters),
      breathe: () => nextTurn(),
      sleep: (ms) => sleep(ms, undefined, { ref: false }),
    },
    towers,
  )
  void posts.follow()
  return posts
}
