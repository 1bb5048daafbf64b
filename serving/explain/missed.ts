import type { PostAttributes } from '../../processors/post-attributes.ts'
import { DAY_MS, type Millis, type PostId, type UserId } from '../../schemas/ids.ts'
import { type Source, SOURCES } from '../candidate.ts'
import type { SourceCount } from '../inventory.ts'
import { POST_AGE_MAX_MS, SHELVES_MAX } from '../quotas.ts'
import { closest, newest } from '../sources/connected.ts'
import { touchedStrangers } from '../sources/touched.ts'
import type { Viewer } from '../viewer.ts'
import type { SourceWord } from './explanation.ts'
import type { ServedFeed } from './served-feed.ts'

/** A post that no source found, by its row as it is now, and the viewer as they are now. */
export interface MissedPost {
  readonly viewer: Viewer
  readonly post: PostAttributes
  readonly postId: PostId
  readonly feed: ServedFeed
}

/** What each source says to having missed it: the ones that it concerns first. */
export const wordsOnMissed = (missed: MissedPost): readonly SourceWord[] => {
  const words = SOURCES.map((source) => ({ source, ...wordOf(source, missed) }))
  const concerned = words.filter(({ concerns }) => concerns)
  const others = words.filter(({ concerns }) => !concerns)
  return [...concerned, ...others].map(({ source, text }) => ({ source, found: false, text }))
}

/** The source that should have found it and what it says; null when none should have. */
export const reasonMissed = (missed: MissedPost): string | null => {
  for (const source of SOURCES) {
    const { concerns, text } = wordOf(source, missed)
    if (concerns) return `${source}: ${text}`
  }
  return null
}

interface Word {
  /** The source is about posts like this one. */
  readonly concerns: boolean
  readonly text: string
}

const unconcerned = (text: string): Word => ({ concerns: false, text })

const wordOf = (source: Source, missed: MissedPost): Word => {
  const dropped = missed.feed.degraded.find(({ stage }) => stage === `source-${source}`)
  if (dropped !== undefined) return { concerns: true, text: `The source was dropped: ${dropped.reason}.` }
  if (!missed.feed.sourceCounts.has(source)) return unconcerned('The source was not enabled.')
  return WORDS[source](missed)
}

const WORDS: Readonly<Record<Source, (missed: MissedPost) => Word>> = {
  comments: () =>
    unconcerned('Nothing was said under it that is new to the viewer, or they do not follow what is.'),
  mention: (missed) =>
    missed.post.content?.mentions.includes(missed.viewer.userId) === true
      ? shelved('mention', missed, true)
      : unconcerned('It does not mention the viewer.'),
  friend: (missed) => {
    const { viewer, post } = missed
    if (!viewer.friends.has(post.authorId)) return unconcerned(`${post.authorId} is no friend of the viewer.`)
    return shelved(
      'friend',
      missed,
      closest(viewer.friends, viewer, SHELVES_MAX.friend).includes(post.authorId),
    )
  },
  follow: (missed) => {
    const { viewer, post } = missed
    if (!viewer.follows.has(post.authorId)) return unconcerned(`The viewer does not follow ${post.authorId}.`)
    return shelved(
      'follow',
      missed,
      closest(viewer.follows, viewer, SHELVES_MAX.follow).includes(post.authorId),
    )
  },
  group: (missed) => contained('group', missed),
  page: (missed) => contained('page', missed),
  carried: () => unconcerned('It was not among the posts that earlier sessions ranked and passed over.'),
  touched: (missed) => {
    const { viewer, post } = missed
    if (!viewer.touched.has(post.authorId))
      return unconcerned(`The viewer took to no post of ${post.authorId}.`)
    if (isTied(viewer, post.authorId)) return unconcerned(`${post.authorId} is a friend, or followed.`)
    return shelved('touched', missed, touchedStrangers(viewer).includes(post.authorId))
  },
  trending: ({ post }) =>
    unconcerned(
      post.content?.audience === 'public'
        ? 'It does not do well enough with everyone to trend.'
        : 'Only public posts trend.',
    ),
  retrieval: () => unconcerned('It is not among the posts most like what the viewer takes to.'),
}

const isTied = ({ friends, follows }: Viewer, authorId: UserId): boolean =>
  friends.has(authorId) || follows.has(authorId)

const contained = (source: 'group' | 'page', missed: MissedPost): Word => {
  const { viewer, post } = missed
  const containerId = post.content?.containerId ?? null
  const edges = source === 'group' ? viewer.groups : viewer.pages
  if (containerId === null || !edges.has(containerId))
    return unconcerned(`It is in no ${source} of the viewer.`)
  return shelved(source, missed, newest(edges, SHELVES_MAX[source]).includes(containerId))
}

/** Why a source of newest posts missed one that it is about. */
const shelved = (source: Source, missed: MissedPost, isRead: boolean): Word => ({
  concerns: true,
  text: isRead ? missedOnShelf(missed, missed.feed.sourceCounts.get(source)!) : NOT_READ,
})

const NOT_READ = 'The viewer has more ties of this kind than are read; this is none of the closest.'

const missedOnShelf = ({ post, feed }: MissedPost, { cut, taken, oldestAt }: SourceCount): string => {
  const { asOf } = feed.query
  const publishedAt = post.publishedAt!
  if (publishedAt > asOf) return 'It was published after the feed was made.'
  if (asOf - publishedAt >= POST_AGE_MAX_MS) return `It is older than ${POST_AGE_MAX_MS / DAY_MS} days.`
  if (cut && publishedAt <= oldestAt) {
    return `It is beyond the quota: the source gave its ${taken} newest, the last of ${timeOf(oldestAt)}.`
  }
  return 'It is beyond the newest that are taken of one author or place, or was not processed yet.'
}

const timeOf = (at: Millis | number): string => new Date(at).toISOString()
