import type { IndexedPost } from '../../processors/topics/post-entry.ts'
import { SOURCE_MS } from '../pipeline/deadlines.ts'
import type { SourceStage } from '../pipeline/stage.ts'
import type { FeedQuery } from '../query.ts'
import { QUOTAS } from '../quotas.ts'
import type { Viewer } from '../viewer.ts'
import { listFinding } from './list.ts'

/** Finds posts by nobody the viewer knows, that are like what they take to. */
export interface Retrieval {
  /** Whether there is anything to search in. */
  readonly isReady: boolean
  /** Public posts published up to `query.asOf`, nearest first, at most `postsMax`. */
  nearest(query: FeedQuery, viewer: Viewer, postsMax: number): Promise<readonly IndexedPost[]>
}

/** Where nothing was learned to search by: the source is not enabled. */
export const noRetrieval: Retrieval = {
  isReady: false,
  nearest: async () => [],
}

export const retrieval = (index: Retrieval): SourceStage => ({
  name: 'source-retrieval',
  about: 'Posts by nobody the viewer knows, that are like what they take to.',
  source: 'retrieval',
  deadlineMs: SOURCE_MS,
  required: false,
  enable: () => index.isReady,
  find: async (query, viewer) =>
    listFinding('retrieval', await index.nearest(query, viewer, QUOTAS.retrieval)),
})
