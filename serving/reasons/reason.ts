import type { PostAttributes } from '../../processors/post-attributes.ts'
import { CLOSENESSES } from '../../schemas/connections/index.ts'
import type { Millis, UserId } from '../../schemas/ids.ts'
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../schemas/ids.ts'
import type { Source } from '../candidate.ts'
import type { Shown } from '../selector/page.ts'
import type { RankedItem } from '../sessions/ranked-items.ts'

/** Why a post is in a feed, for programs and for people. */
export interface Reason {
  readonly source: Source
  readonly text: string
}

export const reasonOf = (
  { candidate, attributes, commenters }: Shown,
  viewerId: UserId,
  asOf: Millis,
): Reason => ({
  source: candidate.source,
  text: SENTENCES[candidate.source]({ ...candidate, commenters }, attributes, { viewerId, asOf }),
})

/** Of an item with the commenters that may still be named. */
type Sentence = (
  item: RankedItem,
  attributes: PostAttributes,
  told: { readonly viewerId: UserId; readonly asOf: Millis },
) => string

const FRIENDSHIP = { none: 'a friend', close: 'a close friend', family: 'family' } as const

const SENTENCES: Readonly<Record<Source, Sentence>> = {
  comments: ({ commenters, otherCommenters }, { authorId }, { viewerId }) =>
    `${namesOf(commenters, otherCommenters)} commented on ${authorId === viewerId ? 'your' : `${authorId}'s`} post since you saw it.`,
  mention: (_item, { authorId, publishedAt }, { asOf }) =>
    `${authorId} mentioned you ${agoOf(asOf - (publishedAt ?? asOf))}.`,
  friend: ({ tie }, { authorId }) =>
    `By ${authorId}, ${FRIENDSHIP[CLOSENESSES[tie.detail] ?? 'none']}${sinceOf(tie.at)}.`,
  follow: ({ tie }, { authorId }) => `By ${authorId}, followed${sinceOf(tie.at)}.`,
  group: ({ tie }, { content }) => `In ${content?.containerId}, a group of yours${sinceOf(tie.at)}.`,
  page: ({ tie }, { content }) => `On ${content?.containerId}, a page followed${sinceOf(tie.at)}.`,
  carried: ({ carriedTimes }, { authorId }) =>
    `By ${authorId}: ranked for you ${timesOf(Math.max(1, carriedTimes))} before, and passed over.`,
  touched: ({ tie }, { authorId }, { asOf }) =>
    tie.at === 0
      ? `By ${authorId}, whose posts you engaged with.`
      : `By ${authorId}, whose posts you engaged with ${timesOf(tie.detail)}, last ${agoOf(asOf - tie.at)}.`,
  trending: (_item, { publishedAt }, { asOf }) =>
    `Trending: does well with everyone, published ${agoOf(asOf - (publishedAt ?? asOf))}.`,
  retrieval: (_item, { publishedAt }, { asOf }) =>
    `Like what you engage with, published ${agoOf(asOf - (publishedAt ?? asOf))}.`,
}

/** Up to three by name, the rest as a number; who wrote a comment need not be known. */
const namesOf = (names: readonly UserId[], others: number): string => {
  if (names.length === 0) return others > 1 ? `${others} people` : 'Somebody'
  const rest = others === 0 ? [] : [others === 1 ? '1 other' : `${others} others`]
  const all = [...names, ...rest]
  return all.length === 1 ? all[0]! : `${all.slice(0, -1).join(', ')} and ${all.at(-1)!}`
}

const sinceOf = (since: number): string => (since === 0 ? '' : ` since ${dayOf(since)}`)

const timesOf = (count: number): string => (count === 1 ? 'once' : `${count} times`)

const dayOf = (at: number): string => new Date(at).toISOString().slice(0, 'yyyy-mm-dd'.length)

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
