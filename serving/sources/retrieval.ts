import type { IndexedPost } from '../../processors/topics/post-entry.ts'
import { SOURCE_MS } from '../pipeline/deadlines.ts'
import type { Finding, SourceStage } from '../pipeline/stage.ts'
import type { FeedQuery } from '../query.ts'
import { RETRIEVED_MAX, RETRIEVED_USUAL, TIES_FEW } from '../quotas.ts'
import type { Viewer } from '../viewer.ts'
import { listFinding } from './list.ts'

/** Posts near a viewer's taste. */
export interface Nearest {
  readonly posts: readonly IndexedPost[]
  /** No others were there to be found. */
  readonly isAll: boolean
  /** What they were found by; null where the viewer has no taste to search by. */
  readonly modelVersion: string | null
}

/** Finds posts by nobody the viewer knows, that are like what they take to. */
export interface Retrieval {
  /** Whether there is anything to search in. */
  readonly isReady: boolean
  /** Public posts published up to `query.asOf` that the viewer has not seen, nearest first, at most `postsMax`. */
  nearest(query: FeedQuery, viewer: Viewer, postsMax: number): Promise<Nearest>
}

/** Where there is no index: the source is not enabled. */
export const noRetrieval: Retrieval = {
  isReady: false,
  nearest: async () => ({ posts: [], isAll: true, modelVersion: null }),
}

export const retrieval = (index: Retrieval): SourceStage => ({
  name: 'source-retrieval',
  about: 'Posts by nobody the viewer knows, that are like what they take to.',
  source: 'retrieval',
  isElsewhere: true,
  deadlineMs: SOURCE_MS,
  required: false,
  enable: () => index.isReady,
  async find(query, viewer) {
    const postsMax = postsMaxFor(viewer)
    const { posts, isAll, modelVersion } = await index.nearest(query, viewer, postsMax)
    if (isAll || postsMax === RETRIEVED_MAX) return listFinding('retrieval', posts, { modelVersion })
    const beyond = async (): Promise<Finding> => {
      const known = new Set(posts.map(({ postId }) => postId))
      const wider = await index.nearest(query, viewer, RETRIEVED_MAX)
      const others = wider.posts.filter(({ postId }) => !known.has(postId))
      return listFinding('retrieval', others, { modelVersion: wider.modelVersion })
    }
    return listFinding('retrieval', posts, { modelVersion, beyond })
  },
})

const postsMaxFor = ({ friends, follows, groups, pages, touched }: Viewer): number => {
  const ties = friends.size + follows.size + groups.size + pages.size + touched.size
  return ties < TIES_FEW ? RETRIEVED_MAX : RETRIEVED_USUAL
}
