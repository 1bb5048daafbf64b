import type { Mapper } from '../engine/processor.ts'
import type { Post } from '../schemas/posts/index.ts'
import { posts } from './topics.ts'
import { authoredPosts } from './topics/authored-posts.ts'

/** Tells authors' rows of their posts. Edits change nothing there. */
export const authoredPostsByUser: Mapper<Post> = {
  name: 'authored-posts-by-user',
  about: 'Sends published and deleted posts to their authors.',
  input: posts,
  outputs: [authoredPosts],
  map: ({ authorId, postId, action, at }, context) => {
    if (action === 'edited') return
    context.emit(authoredPosts, { userId: authorId, postId, deleted: action === 'deleted', at })
  },
}
