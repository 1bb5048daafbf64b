import { keyOf } from '../../engine/key.ts'
import { unseenComments } from '../../processors/comments.ts'
import { readPosts } from '../../processors/post-index.ts'
import type { IndexedPost } from '../../processors/topics/post-entry.ts'
import { readWatchedPosts } from '../../processors/watched-posts.ts'
import { type Millis, millis, type PostId } from '../../schemas/ids.ts'
import { type Candidate, candidateOf } from '../candidate.ts'
import { type Commenters, commentersOf } from '../commenters.ts'
import { SOURCE_MS } from '../pipeline/deadlines.ts'
import { always, type SourceStage } from '../pipeline/stage.ts'
import type { FeedQuery } from '../query.ts'
import { COMMENTED_AGE_MAX_MS, OWN_POSTS_MAX } from '../quotas.ts'
import type { StateRows } from '../state-rows.ts'
import type { Viewer } from '../viewer.ts'
import { ListFinding } from './list.ts'
import { postsById } from './posts.ts'

/** A post under which something was said since the viewer saw it. */
interface Commented extends Commenters {
  readonly postId: PostId
  readonly count: number
}

export const comments = (rows: StateRows): SourceStage => ({
  name: 'source-comments',
  about:
    'Posts that the viewer cares about, their own among them, with comments they have not seen: by friends first.',
  source: 'comments',
  deadlineMs: SOURCE_MS,
  required: false,
  enable: always,
  async find(query, viewer) {
    const since = await watchedSince(rows, query, viewer)
    const ids = [...since.keys()]
    // Posts under which nothing was said are read too: it is less than to wait for comments first.
    const [commented, posts] = await Promise.all([commentedOf(rows, since, viewer), postsById(rows, ids)])
    const byId = new Map(ids.map((id, index) => [id, posts[index]!]))
    const found = commented.flatMap((each): [Commented, IndexedPost][] => {
      const post = byId.get(each.postId) ?? null
      const isRecent = post !== null && query.asOf - post.publishedAt <= COMMENTED_AGE_MAX_MS
      return isRecent ? [[each, post]] : []
    })
    return new ListFinding(found, ([each, post]) => candidateFor(each, post))
  },
})

/**
 * When the viewer last saw each post that they care about. Their own posts that they never came back to count as
 * seen when published. Of those that they saw, but that are watched no longer, nothing tells since when: they are
 * left out, or all that was ever said under them would come as new.
 */
const watchedSince = async (
  rows: StateRows,
  { userId, asOf }: FeedQuery,
  { seen }: Viewer,
): Promise<ReadonlyMap<PostId, Millis>> => {
  const key = keyOf(userId)
  const [watchedRow, ownRow] = await Promise.all([
    rows.read('watched-posts', key),
    rows.read('posts-by-author', key),
  ])
  const after = millis(asOf - COMMENTED_AGE_MAX_MS)
  const own = ownRow === undefined ? [] : readPosts(ownRow, after, OWN_POSTS_MAX, asOf)
  const watched = watchedRow === undefined ? [] : readWatchedPosts(watchedRow)
  return new Map([
    ...own
      .filter(({ postId }) => !seen.has(postId))
      .map(({ postId, publishedAt }): [PostId, Millis] => [postId, publishedAt]),
    ...watched.map(({ postId, lastSeenAt }): [PostId, Millis] => [postId, lastSeenAt]),
  ])
}

const commentedOf = async (
  rows: StateRows,
  since: ReadonlyMap<PostId, Millis>,
  viewer: Viewer,
): Promise<readonly Commented[]> => {
  const ids = [...since.keys()]
  const found = await rows.readMany(
    'comments',
    ids.map((id) => keyOf(id)),
  )
  const commented: Commented[] = []
  for (const [index, row] of found.entries()) {
    if (row === undefined) continue
    const postId = ids[index]!
    const { count, userIds } = unseenComments(row, since.get(postId)!, viewer.userId)
    const named = commentersOf(userIds, viewer)
    const isOnlyByKeptApart = userIds.length > 0 && named.commenters.length === 0
    if (count > 0 && !isOnlyByKeptApart) commented.push({ postId, count, ...named })
  }
  return commented.sort(
    (one, other) =>
      other.byFriends - one.byFriends ||
      other.count - one.count ||
      since.get(other.postId)! - since.get(one.postId)!,
  )
}

const candidateFor = (
  { count, byFriends, commenters, otherCommenters }: Commented,
  post: IndexedPost,
): Candidate => ({
  ...candidateOf(post, 'comments'),
  unseenComments: count,
  unseenCommentsByFriends: byFriends,
  commenters,
  otherCommenters,
})
