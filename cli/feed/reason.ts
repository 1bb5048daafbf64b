import type { IndexedPost } from '../../processors/topics/post-entry.ts'
import type { Millis } from '../../schemas/ids.ts'
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../schemas/ids.ts'
import type { Candidate, Source } from './candidate.ts'
import type { Viewer } from './viewer.ts'

/** Why a post is in a feed, for programs and for people. */
export interface Reason {
  readonly source: Source
  readonly text: string
}

export const reasonOf = (candidate: Candidate, viewer: Viewer, asOf: Millis): Reason => ({
  source: candidate.source,
  text: sentenceOf(candidate, viewer, asOf),
})

const sentenceOf = ({ post, source }: Candidate, viewer: Viewer, asOf: Millis): string =>
  SENTENCES[source](post, viewer, asOf)

type Sentence = (post: IndexedPost, viewer: Viewer, asOf: Millis) => string

const FRIENDSHIP = { none: 'a friend', close: 'a close friend', family: 'family' } as const

/** A source found the post by the tie that its sentence names, so the tie is there. */
const SENTENCES: Readonly<Record<Source, Sentence>> = {
  friend: ({ authorId }, { friends }) => {
    const { closeness, since } = friends.get(authorId)!
    return `By ${authorId}, ${FRIENDSHIP[closeness]} since ${dayOf(since)}.`
  },
  follow: ({ authorId }, { follows }) =>
    `By ${authorId}, followed since ${dayOf(follows.get(authorId)!.since)}.`,
  group: ({ containerId }, { groups }) =>
    `In ${containerId}, a group joined on ${dayOf(groups.get(containerId!)!.since)}.`,
  page: ({ containerId }, { pages }) =>
    `On ${containerId}, a page followed since ${dayOf(pages.get(containerId!)!.since)}.`,
  'touched-author': ({ authorId }, { touched }, asOf) => {
    const { touches, lastTouchAt } = touched.get(authorId)!
    const times = touches === 1 ? 'once' : `${touches} times`
    return `By ${authorId}, whose posts you engaged with ${times}, last ${agoOf(asOf - lastTouchAt)}.`
  },
  trending: ({ publishedAt }, _viewer, asOf) =>
    `Trending: does well with everyone, published ${agoOf(asOf - publishedAt)}.`,
}

const dayOf = (at: Millis): string => new Date(at).toISOString().slice(0, 'yyyy-mm-dd'.length)

const UNITS = [
  { ms: DAY_MS, name: 'day' },
  { ms: HOUR_MS, name: 'hour' },
  { ms: MINUTE_MS, name: 'minute' },
]

const agoOf = (ms: number): string => {
  const unit = UNITS.find((each) => ms >= each.ms)
  if (unit === undefined) return 'just now'
  const count = Math.floor(ms / unit.ms)
  return `${count} ${unit.name}${count === 1 ? '' : 's'} ago`
}
