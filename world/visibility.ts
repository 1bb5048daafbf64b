import { FRESH_MS } from './parameters.ts'
import { AUDIENCE } from './posts/composing.ts'
import type { PostTable } from './posts/post-table.ts'
import type { Seen } from './posts/seen.ts'
import { TIE, type Ties } from './society/ties.ts'
import type { Standpoint } from './standpoint.ts'

/** Why a viewer may not see a post: it is their own, of somebody kept apart from them, not there, or for others. */
export type Hidden = 'own' | 'kept apart' | 'not there' | 'not for them'

/** Whether a post is there and for the viewer's eyes: its audience, blocks and mutes; never one's own. */
export const maySee = (
  standpoint: Standpoint,
  ties: Ties,
  posts: PostTable,
  post: number,
  at: number,
): boolean => whyHidden(standpoint, ties, posts, post, at) === null

/** Null where they may see it. */
export const whyHidden = (
  standpoint: Standpoint,
  ties: Ties,
  posts: PostTable,
  post: number,
  at: number,
): Hidden | null => {
  const author = posts.author[post]!
  const { viewer } = standpoint
  if (author === viewer) return 'own'
  if (standpoint.ties[author] === TIE.away) return 'kept apart'
  if (!posts.isThere(post, at)) return 'not there'
  const audience = posts.audience[post]!
  if (audience === AUDIENCE.public) return null
  const isFor =
    audience === AUDIENCE.friends
      ? standpoint.isFriend(author)
      : ties.isMember(viewer, posts.container[post]!)
  return isFor ? null : 'not for them'
}

/**
 * The posts that a perfect ranking would choose from: those that the viewer may see, not older than `FRESH_MS`,
 * and not seen yet (or in a thread that the viewer took part in, with comments they have not seen). Newest first;
 * answers how many were written to `into`, which holds as many as there are posts.
 */
export const eligiblePosts = (
  standpoint: Standpoint,
  ties: Ties,
  posts: PostTable,
  seen: Seen,
  at: number,
  into: Int32Array,
): number => {
  const { viewer } = standpoint
  const oldest = at - FRESH_MS
  let count = 0
  for (let post = posts.count - 1; post >= 0 && posts.at[post]! >= oldest; post--) {
    if (seen.has(viewer, post) && !seen.hasNews(viewer, post, posts.comments[post]!)) continue
    if (maySee(standpoint, ties, posts, post, at)) into[count++] = post
  }
  return count
}
