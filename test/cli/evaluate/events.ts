import { Corpus, type KnownPost } from '../../../cli/evaluate/corpus.ts'
import type { Post } from '../../../schemas/posts/index.ts'
import type { Reaction } from '../../../schemas/reactions/index.ts'
import { aPost, aReaction } from '../../processors/events.ts'

/** A corpus after these events. */
export const corpusOf = (posts: readonly Post[], reactions: readonly Reaction[] = []): Corpus => {
  const corpus = new Corpus()
  for (const post of posts) corpus.applyPost(post)
  for (const reaction of reactions) corpus.applyReaction(reaction)
  return corpus
}

export const postOf = (corpus: Corpus, id: string): KnownPost => corpus.post(aPost({ postId: id }).postId)!

export const somePosts = (count: number): Post[] =>
  Array.from({ length: count }, (_, index) =>
    aPost({ postId: `post-${index}`, authorId: `author-${index % 7}` }),
  )

export const touches = (user: string, posts: readonly number[]): Reaction[] =>
  posts.map((index) =>
    aReaction({ userId: user, postId: `post-${index}`, authorId: `author-${index % 7}`, kind: 'view' }),
  )
