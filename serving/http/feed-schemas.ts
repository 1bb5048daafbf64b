import { ORIGINS } from '../../models/snapshot/manifest.ts'
import { MILLIS_MAX, MILLIS_MIN } from '../../schemas/declare/numbers.ts'
import { ID_PATTERN } from '../../schemas/declare/text.ts'
import {
  type ContainerId,
  type Hashtag,
  ID_BYTES_MAX,
  type Millis,
  type PostId,
  type UserId,
} from '../../schemas/ids.ts'
import { AUDIENCES, POST_KINDS } from '../../schemas/posts/index.ts'
import { REMOVALS, SOURCES } from '../candidate.ts'
import { DEVICES, FEED_LIMIT_DEFAULT, FEED_LIMIT_MAX } from '../query.ts'
import { CURSOR_CHARACTERS_MAX } from '../sessions/cursor.ts'
import {
  boolean,
  integer,
  list,
  nullable,
  number,
  object,
  oneOf,
  optional,
  record,
  string,
  type ValueOf,
} from './schema.ts'

const id = <Value extends string>(description: string) =>
  string<Value>({ minLength: 1, maxLength: ID_BYTES_MAX, pattern: ID_PATTERN, description })

export const timeSchema = integer<Millis>({
  minimum: MILLIS_MIN,
  maximum: MILLIS_MAX,
  description: 'Milliseconds since 1970.',
})

export const feedQuery = object({
  userId: id<UserId>('Whom the feed is for.'),
  limit: integer({
    minimum: 1,
    maximum: FEED_LIMIT_MAX,
    default: FEED_LIMIT_DEFAULT,
    description: 'Posts of a page, at most.',
  }),
  cursor: optional(
    string({
      minLength: 1,
      maxLength: CURSOR_CHARACTERS_MAX,
      description: 'Of the page before; the first page has none.',
    }),
  ),
  asOf: optional(timeSchema),
  device: optional(oneOf(DEVICES, { description: 'What the feed is shown on.' })),
  surface: optional(id('Where in the app it is shown.')),
  preview: boolean({ default: false, description: 'Somebody only looks: nothing is logged.' }),
})

export const headTrace = object({
  head: string(),
  probability: number({ description: 'Of dwell: seconds expected of whoever looks.' }),
  weight: number({ description: 'Below 0 for what speaks against a post.' }),
  value: number({ description: 'probability × weight.' }),
})

export const trace = object(
  {
    expectedValue: number({ description: 'The sum of the values of all heads.' }),
    heads: list(headTrace),
    multipliers: list(object({ rule: string(), factor: number() })),
    ranks: object(
      { pass0: integer(), pass1: integer(), pass2: integer() },
      { description: 'Place after each pass, from 0; −1 where a pass did not rank it.' },
    ),
  },
  { description: 'How the score came about: expectedValue, times every multiplier.' },
)
export type Trace = ValueOf<typeof trace>

export const reason = object({ source: oneOf(SOURCES), text: string() })

const shownPost = object({
  kind: oneOf(POST_KINDS),
  audience: oneOf(AUDIENCES),
  containerId: nullable(id<ContainerId>('The group or page it is in.')),
  text: nullable(string()),
  language: nullable(string()),
  hashtags: list(string<Hashtag>()),
  at: timeSchema,
  editedAt: nullable(timeSchema),
})

const item = object({
  postId: id<PostId>('The post.'),
  authorId: id<UserId>('Who wrote it.'),
  position: integer({ description: 'Place in the feed, from 0, over all its pages.' }),
  score: number({ description: 'What it was put in order by.' }),
  reason,
  post: shownPost,
  trace,
})
export type FeedItem = ValueOf<typeof item>

const meta = object({
  requestId: id('Names this page: reactions to its posts should carry it.'),
  sessionId: id('Names the ranking that this is a page of.'),
  asOf: timeSchema,
  tookMs: number(),
  featureAgeMs: nullable(
    number({
      description:
        'asOf minus the time of the newest event behind the features, which all pages of a ranking share; null without any.',
    }),
  ),
  modelVersion: string({ description: 'Of the heavy model, whose heads the score is made of.' }),
  modelOrigin: oneOf(ORIGINS, {
    description: 'Whether its weights were set by hand (prior) or learned of what people did (trained).',
  }),
  lightModelVersion: string(),
  retrievalModelVersion: nullable(
    string({
      description: 'Of the towers that posts by strangers were found by; null where none were searched by.',
    }),
  ),
  configVersion: string(),
  experiment: optional(
    string({ description: 'EXPERIMENT/ARM that the viewer is in; absent outside of all.' }),
  ),
  candidates: object({
    found: integer(),
    eligible: integer({ description: 'Left after the filters.' }),
    pass0: integer({ description: 'Kept by pass 0.' }),
    pass1: integer({ description: 'Scored by pass 1.' }),
  }),
  sources: record(SOURCES, integer(), {
    description: 'Eligible posts, each by the strongest source that found it.',
  }),
  removed: record(REMOVALS, integer(), { description: 'Posts found and left out, by reason.' }),
  degraded: list(object({ stage: string(), reason: string() }), {
    description:
      'Stages that failed or were late: the feed was made without them. `features` where the rows that feeds are made of do not answer, are not all there, or stand still.',
  }),
  stages: list(object({ stage: string(), ms: number(), kept: integer() }), {
    description: 'Stages that ran, with their time and what they found or kept.',
  }),
})

export const feedAnswer = object({
  items: list(item),
  cursor: nullable(string({ description: 'Asks for the next page; null at the end.' })),
  meta,
})
export type FeedAnswer = ValueOf<typeof feedAnswer>
export type FeedMeta = FeedAnswer['meta']
