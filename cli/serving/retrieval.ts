import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import { SearchThread } from '../../models/retrieval/search-thread.ts'
import { priorTowers } from '../../models/retrieval/towers.ts'
import { SearchedPosts } from '../../serving/retrieval/searched-posts.ts'
import type { ServingBackend } from '../runtime/backend.ts'

/** An index of posts on a thread of its own, which follows them from now on; `failed` is told why it could not. */
export const followPosts = (
  backend: Pick<ServingBackend, 'rows' | 'newestEventAt'>,
  failed: (error: unknown) => void,
): SearchedPosts => {
  const posts = new SearchedPosts(
    {
      rows: backend.rows,
      newestEventAt: () => backend.newestEventAt(),
      failed,
      start: (towers) => SearchThread.start(towers),
      breathe: () => nextTurn(),
      sleep: (ms) => sleep(ms, undefined, { ref: false }),
    },
    priorTowers(),
  )
  void posts.follow()
  return posts
}
