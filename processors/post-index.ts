import { ByteReader, ByteWriter } from '../engine/bytes.ts'
import type { Processor, StateLayout } from '../engine/processor.ts'
import { on } from '../engine/processor.ts'
import type { Topic } from '../engine/topic.ts'
import { type Millis, millis, type PostId, type UserId } from '../schemas/ids.ts'
import { NewestRecords, type Place } from './newest-records.ts'
import { rowReader } from './rows.ts'
import {
  authorPosts,
  containerPosts,
  type EntryAudience,
  hashtagPosts,
  hourPosts,
  type IndexedPost,
  mentionPosts,
  type PostEntry,
  readEntryAudience,
  readEntryFacts,
  writeEntryFacts,
} from './topics/post-entry.ts'

const VERSION = 1

/** Posts kept in a row, removed ones included. */
export const AUTHOR_POSTS_MAX = 500
export const CONTAINER_POSTS_MAX = 1_000
export const HOUR_POSTS_MAX = 1_024
export const HASHTAG_POSTS_MAX = 500
export const MENTIONS_MAX = 200

const layoutOf = (postsMax: number): StateLayout<NewestRecords> => {
  const records = new NewestRecords(postsMax)
  return {
    version: VERSION,
    create: () => records.clear(),
    read: (reader) => records.load(reader),
    write(state, writer) {
      state.save(writer)
      return state.count > 0
    },
  }
}

/**
 * An index of posts by the topic's key: the newest `postsMax` by (publishedAt, postId), each as its last
 * entry left it. A removed post stays as a tombstone and holds its place until newer posts push it out. So
 * it cannot come back by a stale entry: within the bound its tombstone stands, and beyond it every entry is
 * turned away. The price is that older posts that were pushed out do not come back in its stead.
 */
const postIndex = <Entry extends PostEntry>(
  name: string,
  input: Topic<Entry>,
  postsMax: number,
): Processor<NewestRecords> => {
  const facts = new ByteWriter()
  return {
    name,
    about: `Keeps the newest ${postsMax} posts of each ${input.keySpace}.`,
    state: layoutOf(postsMax),
    handlers: [
      on({
        input,
        key(entry, key) {
          input.key(entry, key)
          return true
        },
        process(entry, posts: NewestRecords) {
          facts.reset()
          writeEntryFacts(entry, entry.removed, facts)
          return posts.put(entry.publishedAt, Buffer.from(entry.postId), facts.view())
        },
      }),
    ],
    outputs: [],
  }
}

export const postsByAuthor = postIndex('posts-by-author', authorPosts, AUTHOR_POSTS_MAX)
export const postsByContainer = postIndex('posts-by-container', containerPosts, CONTAINER_POSTS_MAX)
export const postsByHour = postIndex('posts-by-hour', hourPosts, HOUR_POSTS_MAX)
export const postsByHashtag = postIndex('posts-by-hashtag', hashtagPosts, HASHTAG_POSTS_MAX)

/**
 * Posts that mention a user. An erasure of the user leaves it alone, as it leaves `followers`: the row is made
 * of what others wrote, and goes as they edit or delete it.
 */
export const mentions = postIndex('mentions', mentionPosts, MENTIONS_MAX)

const payload = new ByteReader()
const read: EntryAudience = { authorId: '' as UserId, audience: 'public', containerId: null }

/** A row of any of these indexes, read where it lies: places of posts, newest first, until -1. */
export class PostShelf {
  private readonly listed: NewestRecords
  private last: IndexedPost | null = null

  constructor(row: Buffer) {
    this.listed = new NewestRecords(HOUR_POSTS_MAX).over(rowReader({ version: VERSION }, row))
  }

  newest(): Place {
    return this.listed.newest()
  }

  older(place: Place): Place {
    return this.listed.older(place)
  }

  /**
   * The next place of a post for somebody, or of whatever was published at or before `after`: posts that are not
   * for them are passed over without being made.
   */
  olderFor(place: Place, after: Millis, isFor: (post: Readonly<EntryAudience>) => boolean): Place {
    let next = this.older(place)
    while (next >= 0 && this.publishedAt(next) > after && !this.isFor(next, isFor)) next = this.older(next)
    return next
  }

  publishedAt(place: Place): Millis {
    return millis(this.listed.at(place))
  }

  /** Of a post that was removed, too. */
  postId(place: Place): PostId {
    return this.listed.idText(place) as PostId
  }

  /** Null for a post that was removed. */
  post(place: Place): IndexedPost | null {
    const { listed } = this
    const facts = listed.payload(place, payload)
    const postId = listed.idText(place) as PostId
    const post = readEntryFacts(postId, millis(listed.at(place)), facts, this.last)
    this.last = post ?? this.last
    return post
  }

  private isFor(place: Place, isFor: (post: Readonly<EntryAudience>) => boolean): boolean {
    return readEntryAudience(this.listed.payload(place, payload), read) && isFor(read)
  }
}

/**
 * The posts in a row of any of these indexes, newest first: those published after `after` and not after `upTo`,
 * at most `postsMax`.
 */
export const readPosts = (
  row: Buffer,
  after: Millis = millis(0),
  postsMax = HOUR_POSTS_MAX,
  upTo = Infinity,
): IndexedPost[] => {
  const posts: IndexedPost[] = []
  const shelf = new PostShelf(row)
  for (let place = shelf.newest(); place >= 0 && posts.length < postsMax; place = shelf.older(place)) {
    const publishedAt = shelf.publishedAt(place)
    if (publishedAt <= after) break
    if (publishedAt > upTo) continue
    const post = shelf.post(place)
    if (post !== null) posts.push(post)
  }
  return posts
}
