import type { Embedded } from '../../../cli/runtime/embedded.ts'
import { idsOf } from '../../../engine/key.ts'
import type { StateRow } from '../../../engine/state/port.ts'
import { readCommentCount } from '../../../processors/comments.ts'
import { readPostAttributes } from '../../../processors/post-attributes.ts'
import { readPosts } from '../../../processors/post-index.ts'
import { views } from '../../../topologies/index.ts'
import { type Counts, count, NO_REACTIONS, type PostCount, type Recount } from './recount.ts'

const ROWS_MAX = 5_000_000

const rowsOf = async (embedded: Embedded, store: string): Promise<StateRow[]> => {
  const parts = (await embedded.worker.stores(store)) ?? []
  const rows = await Promise.all(parts.map((part) => part.scan({ limit: ROWS_MAX })))
  return rows.flat()
}

/** The columns of each row of a view, as of its newest event: later than its time to live, it would read as empty. */
const readView = async (
  embedded: Embedded,
  name: string,
): Promise<{ ids: readonly string[]; newest: number; columns: Record<string, number> }[]> => {
  const view = views.get(name)!
  return (await rowsOf(embedded, name)).map(({ key, value }) => {
    const row = value.subarray(1)
    const newest = view.newest(row, 0, row.length)
    return { ids: idsOf(key), newest, columns: view.describe(row, newest) }
  })
}

const countListed = async (embedded: Embedded, store: string): Promise<Counts> => {
  const rows = await rowsOf(embedded, store)
  return new Map(rows.map(({ key, value }) => [key.toString(), readPosts(value).length]))
}

const countPosts = async (embedded: Embedded): Promise<Map<string, PostCount>> => {
  const posts = new Map<string, PostCount>()
  for (const { key, value } of await rowsOf(embedded, 'post-attributes')) {
    const { authorId, publishedAt, editedAt, deletedAt, content } = readPostAttributes(value)
    if (publishedAt === null || deletedAt !== null || content === null) continue
    const container = content.containerId ?? ''
    posts.set(key.toString(), { ...NO_REACTIONS, author: authorId, container, edited: editedAt !== null })
  }
  for (const { ids, columns } of await readView(embedded, 'post')) {
    Object.assign(posts.get(ids[0]!)!, {
      likes: columns['post.likes.total'],
      comments: columns['post.comments.total'],
      saves: columns['post.saves.total'],
      negatives: columns['post.negatives.total'],
    })
  }
  return posts
}

/**
 * Of rows of `user-author` that had an event since, for older ones may be gone; a save counts there as a share, and
 * nobody shares in a dump.
 */
const countByUserAndAuthor = async (embedded: Embedded, since: number): Promise<Counts> => {
  const counts: Counts = new Map()
  for (const { ids, newest, columns } of await readView(embedded, 'user-author')) {
    if (newest < since) continue
    const [user, author] = ids
    const done = {
      likes: columns['user_author.likes.total']!,
      comments: columns['user_author.comments.total']!,
      saves: columns['user_author.shares.total']!,
      negatives: columns['user_author.negatives.total']!,
    }
    for (const [what, times] of Object.entries(done)) {
      if (times !== 0) count(counts, `${user} ${what} ${author}`, times)
    }
  }
  return counts
}

/** Counts what the stores hold, each from the store that answers for it. */
export const recountState = async (embedded: Embedded, lastingSince: number): Promise<Recount> => {
  const authors = await readView(embedded, 'author')
  const users = await readView(embedded, 'user')
  return {
    posts: await countPosts(embedded),
    postsByAuthor: await countListed(embedded, 'posts-by-author'),
    postsByContainer: await countListed(embedded, 'posts-by-container'),
    byUserAndAuthor: await countByUserAndAuthor(embedded, lastingSince),
    lastingSince,
    users: new Set(users.map(({ ids }) => ids[0]!)),
    reactions: authors.reduce(
      (sum, { columns }) => sum + columns['author.engagements.total']! + columns['author.negatives.total']!,
      0,
    ),
  }
}

/** Comments of each post, by the store that lists them. */
export const countComments = async (embedded: Embedded): Promise<Counts> => {
  const rows = await rowsOf(embedded, 'comments')
  return new Map(rows.map(({ key, value }) => [key.toString(), readCommentCount(value)]))
}

/** Posts in all hours together. */
export const countPostsByHour = async (embedded: Embedded): Promise<number> => {
  const listed = await countListed(embedded, 'posts-by-hour')
  return [...listed.values()].reduce((all, posts) => all + posts, 0)
}
