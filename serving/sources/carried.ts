import type { IndexedPost } from '../../processors/topics/post-entry.ts'
import type { PostId } from '../../schemas/ids.ts'
import { SOURCE_MS } from '../pipeline/deadlines.ts'
import { always, type SourceStage } from '../pipeline/stage.ts'
import { QUOTAS } from '../quotas.ts'
import type { StateRows } from '../state-rows.ts'
import { listFinding } from './list.ts'
import { postsById } from './posts.ts'

export const carried = (rows: StateRows): SourceStage => ({
  name: 'source-carried',
  about:
    'Posts that earlier sessions ranked and passed over, and the viewer did not see: of the last session, best first.',
  source: 'carried',
  deadlineMs: SOURCE_MS,
  required: false,
  enable: always,
  async find({ asOf }, { seen, carried: waiting }) {
    const ids: PostId[] = []
    for (const { postId, carriedAt } of waiting.values()) {
      if (ids.length === QUOTAS.carried) break
      if (carriedAt <= asOf && !seen.has(postId)) ids.push(postId)
    }
    const posts = await postsById(rows, ids)
    return listFinding('carried', posts.filter(isThere))
  },
})

const isThere = (post: IndexedPost | null): post is IndexedPost => post !== null
