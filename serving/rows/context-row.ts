import type { RowLayout } from '../../models/row/row-layout.ts'
import { ageBucketOf, AGE_BUCKETS } from '../../models/row/context-columns.ts'
import { rankingRow } from '../../models/ranking-row.ts'
import { AUDIENCES, POST_KINDS } from '../../schemas/posts/index.ts'
import { CLOSENESSES } from '../../schemas/connections/index.ts'
import { DAY_MS, HOUR_MS } from '../../schemas/ids.ts'
import { primaryLanguage } from '../../schemas/language.ts'
import { type Candidate, SOURCES } from '../candidate.ts'
import { DEVICES } from '../query.ts'
import type { RowRequest } from './view-keys.ts'

/** What the context says of a candidate that neither it nor the viewer holds: read from stores, 0 where not known. */
export interface Beside {
  authorFollowers: number
  authorCountry: string | null
  /** The post is in a thread that the viewer began. */
  ownThread: boolean
}

type Columns = Readonly<Record<string, number>>

/** Where a group of flags lies in a row, by the value that each stands for. */
const flagsOf = (row: RowLayout, group: string, values: readonly string[]): Columns =>
  Object.fromEntries(values.map((value) => [value, row.indexOf(`context.${group}.${value}`)]))

/** The part of the context that every row holds, the light one too. Rows must be zeros where it lies. */
export class SharedContext {
  private readonly ageHours: number
  private readonly firstBucket: number
  private readonly kinds: Columns
  private readonly sources: Columns
  private readonly closenesses: Columns

  constructor(row: RowLayout) {
    this.ageHours = row.indexOf('context.age_hours')
    this.firstBucket = row.indexOf('context.age_bucket.0')
    for (let bucket = 0; bucket < AGE_BUCKETS; bucket++) {
      if (row.indexOf(`context.age_bucket.${bucket}`) !== this.firstBucket + bucket) {
        throw new RangeError(`row ${row.name} does not hold its age buckets in order`)
      }
    }
    this.kinds = flagsOf(row, 'kind', POST_KINDS)
    this.sources = flagsOf(row, 'source', SOURCES)
    this.closenesses = flagsOf(row, 'closeness', CLOSENESSES)
  }

  write({ post, source }: Candidate, { query, viewer }: RowRequest, into: Float32Array, at: number): void {
    const ageHours = Math.max(0, query.asOf - post.publishedAt) / HOUR_MS
    into[at + this.ageHours] = ageHours
    into[at + this.firstBucket + ageBucketOf(ageHours)] = 1
    into[at + this.kinds[post.kind]!] = 1
    into[at + this.sources[source]!] = 1
    const friend = viewer.friends.get(post.authorId)
    if (friend !== undefined) into[at + this.closenesses[friend.closeness]!] = 1
  }
}

const shared = new SharedContext(rankingRow)
const audiences = flagsOf(rankingRow, 'audience', AUDIENCES)
const devices = flagsOf(rankingRow, 'device', DEVICES)
const column = (name: string): number => rankingRow.indexOf(`context.${name}`)
const IN_NETWORK = column('in_network')
const FRIENDSHIP_DAYS = column('friendship_days')
const IS_FOLLOW = column('is_follow')
const IS_GROUP_MEMBER = column('is_group_member')
const IS_PAGE_MEMBER = column('is_page_member')
const MENTIONS_VIEWER = column('mentions_viewer')
const LANGUAGE_MATCH = column('language_match')
const COUNTRY_MATCH = column('country_match')
const HOUR_SIN = column('hour_sin')
const HOUR_COS = column('hour_cos')
const WEEKDAY = column('weekday.0')
const UNSEEN_COMMENTS = column('unseen_comments')
const UNSEEN_COMMENTS_BY_FRIENDS = column('unseen_comments_by_friends')
const CARRIED_TIMES = column('carried_times')
const OWN_THREAD = column('own_thread')
const VIEWER_FOLLOWERS = column('viewer_followers')
const AUTHOR_FOLLOWERS = column('author_followers')
const TEXT_CHARACTERS = column('text_characters')
const HASHTAGS = column('hashtags')
const HAS_EMBEDDING = column('has_embedding')
const CONTENT_MATCH = column('content_match')

/** Where the context begins in the heavy row: all that follows the views. */
export const CONTEXT_OFFSET = column('age_hours')

/** Of 1970-01-01, a Thursday; Sunday is 0. */
const WEEKDAY_OF_EPOCH = 4
const WEEKDAYS = 7

/**
 * Writes the context of a heavy row, which must be zeros where the context lies.
 */
export const writeContext = (
  candidate: Candidate,
  request: RowRequest,
  beside: Beside,
  into: Float32Array,
  at: number,
): void => {
  shared.write(candidate, request, into, at)
  writeRequest(request, into, at)
  writeTies(candidate, request, into, at)
  const { post, content, contentMatch } = candidate
  const { viewer } = request
  into[at + audiences[post.audience]!] = 1
  into[at + UNSEEN_COMMENTS] = candidate.unseenComments
  into[at + UNSEEN_COMMENTS_BY_FRIENDS] = candidate.unseenCommentsByFriends
  into[at + CARRIED_TIMES] = candidate.carriedTimes
  into[at + OWN_THREAD] = flag(beside.ownThread || post.authorId === viewer.userId)
  into[at + AUTHOR_FOLLOWERS] = beside.authorFollowers
  const { profile } = viewer
  into[at + LANGUAGE_MATCH] = flag(isSameLanguage(post.language, profile?.language ?? null))
  into[at + COUNTRY_MATCH] = flag(beside.authorCountry !== null && beside.authorCountry === profile?.country)
  into[at + HAS_EMBEDDING] = flag(contentMatch !== null)
  into[at + CONTENT_MATCH] = contentMatch ?? 0
  if (content === null) return
  into[at + MENTIONS_VIEWER] = flag(content.mentions.includes(viewer.userId))
  into[at + TEXT_CHARACTERS] = content.textLength
  into[at + HASHTAGS] = content.hashtags.length
}

const flag = (holds: boolean): number => (holds ? 1 : 0)

const isSameLanguage = (one: string | null, other: string | null): boolean =>
  one !== null && other !== null && primaryLanguage(one) === primaryLanguage(other)

/** What is the same for all candidates of a request. */
const writeRequest = ({ query, viewer }: RowRequest, into: Float32Array, at: number): void => {
  const { asOf, device } = query
  const turn = (2 * Math.PI * Math.floor((asOf % DAY_MS) / HOUR_MS)) / 24
  into[at + HOUR_SIN] = Math.sin(turn)
  into[at + HOUR_COS] = Math.cos(turn)
  into[at + WEEKDAY + ((Math.floor(asOf / DAY_MS) + WEEKDAY_OF_EPOCH) % WEEKDAYS)] = 1
  if (device !== null) into[at + devices[device]!] = 1
  into[at + VIEWER_FOLLOWERS] = viewer.followers
}

const writeTies = (
  { post }: Candidate,
  { query, viewer }: RowRequest,
  into: Float32Array,
  at: number,
): void => {
  const { authorId, containerId, audience } = post
  const friend = viewer.friends.get(authorId)
  const isFollow = viewer.follows.has(authorId)
  const isMember = audience === 'group' && containerId !== null && viewer.groups.has(containerId)
  const isOnPage = audience === 'page' && containerId !== null && viewer.pages.has(containerId)
  if (friend !== undefined) into[at + FRIENDSHIP_DAYS] = Math.max(0, query.asOf - friend.since) / DAY_MS
  into[at + IS_FOLLOW] = flag(isFollow)
  into[at + IS_GROUP_MEMBER] = flag(isMember)
  into[at + IS_PAGE_MEMBER] = flag(isOnPage)
  into[at + IN_NETWORK] = flag(friend !== undefined || isFollow || isMember || isOnPage)
}
