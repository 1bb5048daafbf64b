import fc from 'fast-check'
import type { Edge } from '../../../processors/connections/index.ts'
import type { UserProfile } from '../../../processors/profiles.ts'
import { CLOSENESSES } from '../../../schemas/connections/index.ts'
import { type ContainerId, DAY_MS, HOUR_MS, millis, MINUTE_MS, type UserId } from '../../../schemas/ids.ts'
import { AUDIENCES, POST_KINDS } from '../../../schemas/posts/index.ts'
import { type Candidate, candidateOf, SOURCES } from '../../../serving/candidate.ts'
import { DEVICES, type FeedQuery } from '../../../serving/query.ts'
import type { Beside } from '../../../serving/rows/context-row.ts'
import { ViewerDraft } from '../../../serving/viewer-draft.ts'
import { anEntry, containerId, hashtag, T0, userId } from '../../processors/events.ts'
import { aQuery } from '../feeds.ts'

/** What a context is written of, with ties as lists. */
export interface ContextCase {
  readonly query: FeedQuery
  readonly viewer: ViewerDraft
  readonly candidate: Candidate
  readonly beside: Beside
  readonly friends: readonly Edge<UserId>[]
  readonly follows: readonly Edge<UserId>[]
  readonly groups: readonly Edge<ContainerId>[]
  readonly pages: readonly Edge<ContainerId>[]
}

const PEOPLE = ['viewer', 'ann', 'bob', 'eve'].map(userId)
const PLACES = ['climbers', 'the-times'].map(containerId)
const LANGUAGES = ['en', 'en-gb', 'en-us', 'de', 'fil', 'fi', null]
const COUNTRIES = ['DE', 'FR', null]

/** Minutes in five weeks, so that every hour of every weekday comes. */
const minutes = fc.nat((35 * DAY_MS) / MINUTE_MS)
const anEdge = <Id>(ids: readonly Id[]): fc.Arbitrary<Edge<Id>> =>
  fc.record({
    id: fc.constantFrom(...ids),
    // Some before the request, some by a clock that is ahead of it.
    since: minutes.map((minute) => millis(T0 + minute * MINUTE_MS - 14 * DAY_MS)),
    closeness: fc.constantFrom(...CLOSENESSES),
  })
const edges = <Id>(ids: readonly Id[]): fc.Arbitrary<Edge<Id>[]> =>
  fc.uniqueArray(anEdge(ids), { selector: ({ id }) => id, maxLength: ids.length })
const mapOf = <Id>(all: readonly Edge<Id>[]): ReadonlyMap<Id, Edge<Id>> =>
  new Map(all.map((edge) => [edge.id, edge]))

const profiles: fc.Arbitrary<UserProfile | null> = fc.option(
  fc.record({
    country: fc.constantFrom(...COUNTRIES),
    language: fc.constantFrom(...LANGUAGES),
    birthYear: fc.constant(null),
    gender: fc.constant(null),
    interests: fc.constant([]),
  }),
)
const queries: fc.Arbitrary<FeedQuery> = fc
  .record({
    asked: minutes,
    device: fc.option(fc.constantFrom(...DEVICES)),
  })
  .map(({ asked, device }) => ({ ...aQuery({ userId: 'viewer', asOf: T0 + asked * MINUTE_MS }), device }))

const posts = fc.record({
  authorId: fc.constantFrom(...PEOPLE),
  // Up to the moment of the request and beyond it; often young, for buckets are narrow there.
  publishedAt: fc
    .oneof(fc.integer({ min: -600, max: 35 * 24 * 60 }), fc.integer({ min: 34 * 24 * 60, max: 35 * 24 * 60 }))
    .map((minute) => millis(T0 + minute * MINUTE_MS)),
  kind: fc.constantFrom(...POST_KINDS),
  audience: fc.constantFrom(...AUDIENCES),
  containerId: fc.constantFrom(...PLACES, null),
  language: fc.constantFrom(...LANGUAGES),
})
const contents = fc.option(
  fc.record({
    hashtags: fc.array(fc.constantFrom('sea', 'sun').map(hashtag), { maxLength: 4 }),
    mentions: fc.uniqueArray(fc.constantFrom(...PEOPLE)),
    textLength: fc.nat(10_000),
  }),
)
const candidates: fc.Arbitrary<Candidate> = fc
  .record({
    post: posts.map((fields) => anEntry(fields)),
    source: fc.constantFrom(...SOURCES),
    learned: fc.record({
      unseenComments: fc.nat(9),
      unseenCommentsByFriends: fc.nat(9),
      carriedTimes: fc.nat(9),
      content: contents,
      contentMatch: fc.option(fc.double({ min: -1, max: 1, noNaN: true })),
    }),
  })
  .map(({ post, source, learned }) => ({ ...candidateOf(post, source), ...learned }))

export const contextCases: fc.Arbitrary<ContextCase> = fc
  .record({
    query: queries,
    candidate: candidates,
    profile: profiles,
    followers: fc.nat(1_000_000),
    friends: edges(PEOPLE),
    follows: edges(PEOPLE),
    groups: edges(PLACES),
    pages: edges(PLACES),
    beside: fc.record({
      authorFollowers: fc.nat(1_000_000),
      authorCountry: fc.constantFrom(...COUNTRIES),
      ownThread: fc.boolean(),
    }),
  })
  .map(({ profile, followers, ...each }) => {
    const viewer = new ViewerDraft(each.query.userId)
    Object.assign(viewer, { profile, followers })
    for (const tie of ['friends', 'follows'] as const) viewer[tie] = mapOf(each[tie])
    for (const tie of ['groups', 'pages'] as const) viewer[tie] = mapOf(each[tie])
    return { ...each, viewer }
  })

/** What the words of a column say of a case: worked out one column at a time, by the plainest means. */
export const expectedOf = (name: string, each: ContextCase): number => {
  const [, column, value] = name.split('.') as [string, string, string | undefined]
  const count = expectedByColumn[column]
  if (count === undefined) throw new Error(`nobody recounts ${name}`)
  return Number(count(each, value ?? ''))
}

const BUCKETS = ['10 min', '30 min', '1 h', '3 h', '6 h', '12 h', '24 h', '48 h', '96 h', '168 h', '336 h']
const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']

const ageMs = ({ query, candidate }: ContextCase): number =>
  Math.max(0, query.asOf - candidate.post.publishedAt)
const boundMs = (bound: string): number => {
  const [number, unit] = bound.split(' ')
  return Number(number) * (unit === 'h' ? HOUR_MS : MINUTE_MS)
}
const utcHour = ({ query }: ContextCase): number => new Date(query.asOf).getUTCHours()
const isAuthor = ({ candidate }: ContextCase, { id }: Edge<UserId>): boolean => id === candidate.post.authorId
const friendOf = (each: ContextCase): Edge<UserId> | undefined =>
  each.friends.find((edge) => isAuthor(each, edge))
const follows = (each: ContextCase): boolean => each.follows.some((edge) => isAuthor(each, edge))
const isHeldBy = (
  { candidate: { post } }: ContextCase,
  audience: string,
  all: readonly Edge<ContainerId>[],
) => post.audience === audience && all.some(({ id }) => id === post.containerId)
const isInGroup = (each: ContextCase): boolean => isHeldBy(each, 'group', each.groups)
const isOnPage = (each: ContextCase): boolean => isHeldBy(each, 'page', each.pages)
const primary = (language: string | null | undefined): string | undefined => language?.split('-')[0]

type Recount = (each: ContextCase, value: string) => number | boolean

const expectedByColumn: Readonly<Record<string, Recount>> = {
  age_hours: (each) => ageMs(each) / HOUR_MS,
  friendship_days: (each) => {
    const friend = friendOf(each)
    return friend === undefined ? 0 : Math.max(0, each.query.asOf - friend.since) / DAY_MS
  },
  unseen_comments: ({ candidate }) => candidate.unseenComments,
  unseen_comments_by_friends: ({ candidate }) => candidate.unseenCommentsByFriends,
  carried_times: ({ candidate }) => candidate.carriedTimes,
  viewer_followers: ({ viewer }) => viewer.followers,
  author_followers: ({ beside }) => beside.authorFollowers,
  text_characters: ({ candidate }) => candidate.content?.textLength ?? 0,
  hashtags: ({ candidate }) => candidate.content?.hashtags.length ?? 0,
  age_bucket: (each, bucket) =>
    String(BUCKETS.filter((bound) => ageMs(each) >= boundMs(bound)).length) === bucket,
  kind: ({ candidate }, kind) => candidate.post.kind === kind,
  audience: ({ candidate }, audience) => candidate.post.audience === audience,
  source: ({ candidate }, source) => candidate.source === source,
  in_network: (each) => friendOf(each) !== undefined || follows(each) || isInGroup(each) || isOnPage(each),
  closeness: (each, closeness) => friendOf(each)?.closeness === closeness,
  is_follow: follows,
  is_group_member: isInGroup,
  is_page_member: isOnPage,
  mentions_viewer: ({ candidate, query }) =>
    candidate.content !== null && candidate.content.mentions.includes(query.userId),
  own_thread: ({ beside, candidate, query }) => beside.ownThread || candidate.post.authorId === query.userId,
  has_embedding: ({ candidate }) => candidate.contentMatch !== null,
  content_match: ({ candidate }) => candidate.contentMatch ?? 0,
  language_match: ({ candidate, viewer }) =>
    candidate.post.language !== null &&
    primary(candidate.post.language) === primary(viewer.profile?.language),
  country_match: ({ beside, viewer }) =>
    beside.authorCountry !== null && beside.authorCountry === viewer.profile?.country,
  hour_sin: (each) => Math.sin((2 * Math.PI * utcHour(each)) / 24),
  hour_cos: (each) => Math.cos((2 * Math.PI * utcHour(each)) / 24),
  weekday: ({ query }, day) => new Date(query.asOf).toUTCString().startsWith(WEEKDAYS[Number(day)]!),
  device: ({ query }, device) => query.device === device,
}
