import { keyOf } from '../../engine/key.ts'
import type { Edge } from '../../processors/connections/index.ts'
import { readPosts } from '../../processors/post-index.ts'
import type { TouchedAuthor } from '../../processors/touched-authors.ts'
import type { IndexedPost } from '../../processors/topics/post-entry.ts'
import { type ContainerId, DAY_MS, type Millis, millis, type PostId, type UserId } from '../../schemas/ids.ts'
import type { Candidate, Source } from './candidate.ts'
import type { StateRows } from '../../serving/state-rows.ts'
import type { Viewer } from './viewer.ts'

/** Whose posts are read: of each tie, those that the viewer touched last, then the closest. */
export const FRIENDS_READ_MAX = 200
export const FOLLOWS_READ_MAX = 200
export const TOUCHED_READ_MAX = 100
export const CONTAINERS_READ_MAX = 100

/** The newest posts of each. */
export const POSTS_PER_AUTHOR_MAX = 20
export const POSTS_PER_CONTAINER_MAX = 50

/** Older posts are no candidates. */
export const POST_AGE_MAX_MS = 30 * DAY_MS

/** The newest of all these are ranked. */
export const CONNECTED_CANDIDATES_MAX = 1_000

interface Shelf {
  readonly source: Source
  readonly store: 'posts-by-author' | 'posts-by-container'
  readonly ids: readonly string[]
  readonly postsMax: number
}

/** Posts of whom and what the viewer is tied to, and of authors they touched; newest first, each once. */
export const connectedPosts = async (
  rows: StateRows,
  viewer: Viewer,
  asOf: Millis,
): Promise<readonly Candidate[]> => {
  const shelves = shelvesOf(viewer)
  const found = await Promise.all(shelves.map((shelf) => readShelf(rows, shelf, asOf)))
  const candidates = new Map<PostId, Candidate>()
  for (const [index, posts] of found.entries()) {
    const { source } = shelves[index]!
    for (const post of posts) {
      if (!candidates.has(post.postId)) candidates.set(post.postId, { post, source })
    }
  }
  return [...candidates.values()].sort(newestFirst).slice(0, CONNECTED_CANDIDATES_MAX)
}

/** Strongest tie first: see SOURCES. */
const shelvesOf = (viewer: Viewer): readonly Shelf[] => {
  const { friends, follows, groups, pages, touched } = viewer
  const byAuthor = { store: 'posts-by-author', postsMax: POSTS_PER_AUTHOR_MAX } as const
  const byContainer = { store: 'posts-by-container', postsMax: POSTS_PER_CONTAINER_MAX } as const
  const strangers = [...touched.keys()].filter((id) => !friends.has(id) && !follows.has(id))
  return [
    { ...byAuthor, source: 'friend', ids: closest(friends, touched, FRIENDS_READ_MAX) },
    { ...byAuthor, source: 'follow', ids: closest(follows, touched, FOLLOWS_READ_MAX) },
    { ...byContainer, source: 'group', ids: newestEdges(groups) },
    { ...byContainer, source: 'page', ids: newestEdges(pages) },
    { ...byAuthor, source: 'touched-author', ids: strangers.slice(0, TOUCHED_READ_MAX) },
  ]
}

const CLOSENESS_ORDER = { family: 0, close: 1, none: 2 } as const

const closest = (
  edges: ReadonlyMap<UserId, Edge<UserId>>,
  touched: ReadonlyMap<UserId, TouchedAuthor>,
  idsMax: number,
): UserId[] => {
  const touchedAt = (id: UserId): number => touched.get(id)?.lastTouchAt ?? 0
  return [...edges.values()]
    .sort(
      (one, other) =>
        touchedAt(other.id) - touchedAt(one.id) ||
        CLOSENESS_ORDER[one.closeness] - CLOSENESS_ORDER[other.closeness] ||
        other.since - one.since,
    )
    .slice(0, idsMax)
    .map(({ id }) => id)
}

const newestEdges = (edges: ReadonlyMap<ContainerId, Edge<ContainerId>>): ContainerId[] =>
  [...edges.values()]
    .sort((one, other) => other.since - one.since)
    .slice(0, CONTAINERS_READ_MAX)
    .map(({ id }) => id)

const readShelf = async (rows: StateRows, shelf: Shelf, asOf: Millis): Promise<readonly IndexedPost[]> => {
  const found = await rows.readMany(
    shelf.store,
    shelf.ids.map((id) => keyOf(id)),
  )
  const after = millis(asOf - POST_AGE_MAX_MS)
  return found.flatMap((row) => (row === undefined ? [] : readPosts(row, after, shelf.postsMax, asOf)))
}

const newestFirst = (one: Candidate, other: Candidate): number =>
  other.post.publishedAt - one.post.publishedAt || (one.post.postId < other.post.postId ? -1 : 1)
