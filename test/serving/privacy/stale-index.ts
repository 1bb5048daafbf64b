import { posts } from '../../../processors/topics.ts'
import type { IndexedPost } from '../../../processors/topics/post-entry.ts'
import type { Post } from '../../../schemas/posts/index.ts'
import type { Nearest, Retrieval } from '../../../serving/sources/retrieval.ts'
import type { Event } from './society.ts'

/**
 * The worst index that retrieval may search: it forgets nothing. Whatever anybody published or made public is found by
 * everybody, as it was then.
 */
export class StaleIndex implements Retrieval {
  readonly isReady = true
  private readonly accepted: readonly Event[]

  constructor(accepted: readonly Event[]) {
    this.accepted = accepted
  }

  async nearest(): Promise<Nearest> {
    const found = new Map<string, IndexedPost>()
    for (const { topic, value } of this.accepted) {
      const post = value as Post
      if (topic === posts && post.audience === 'public' && post.action !== 'deleted')
        found.set(post.postId, indexed(post))
    }
    return { posts: [...found.values()], isAll: true, modelVersion: null }
  }
}

const indexed = ({ postId, authorId, kind, audience, containerId, language, at }: Post): IndexedPost => ({
  postId,
  authorId,
  publishedAt: at,
  kind,
  audience,
  containerId,
  language,
})
