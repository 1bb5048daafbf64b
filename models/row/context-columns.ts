import { CLOSENESSES } from '../../schemas/connections/v1.ts'
import { POST_KINDS } from '../../schemas/posts/kinds.ts'
import { AUDIENCES } from '../../schemas/posts/v1.ts'
import { linear, log, type RowColumn, type Transform } from './transform.ts'

/**
 * What a row says beside the views: the post, the viewer's tie to it and the request. Every value is 0 where
 * it is not known or does not apply, so a row that is all zeros says nothing.
 */

/** Upper bounds of the age buckets, in hours; what is older falls into a last bucket. */
export const AGE_BUCKET_BOUNDS_HOURS = [1 / 6, 0.5, 1, 3, 6, 12, 24, 48, 96, 168, 336] as const
export const AGE_BUCKETS = AGE_BUCKET_BOUNDS_HOURS.length + 1

/** Where a candidate was found; of several, the one that counts first. */
export const CANDIDATE_SOURCES = [
  'friend',
  'follow',
  'group',
  'page',
  'comments',
  'mention',
  'carried',
  'touched',
  'trending',
  'retrieval',
] as const
export type CandidateSource = (typeof CANDIDATE_SOURCES)[number]

export const DEVICES = ['phone', 'tablet', 'desktop'] as const
export type Device = (typeof DEVICES)[number]

const WEEKDAYS = 7

const column = (suffix: string, unit: string, about: string, transform: Transform): RowColumn => ({
  name: `context.${suffix}`,
  unit,
  about,
  transform,
})

const flag = (suffix: string, about: string): RowColumn => column(suffix, 'flag', about, linear)
const flags = (group: string, values: readonly string[], about: (value: string) => string): RowColumn[] =>
  values.map((value) => flag(`${group}.${value}`, about(value)))
const count = (suffix: string, about: string): RowColumn => column(suffix, 'count', about, log())
/** Already between −1 and 1. */
const unit = (suffix: string, about: string): RowColumn => column(suffix, 'ratio', about, linear)

const numbersBelow = (end: number): string[] => Array.from({ length: end }, (_, index) => String(index))

const ageBucketAbout = (bucket: string): string => {
  const bound = AGE_BUCKET_BOUNDS_HOURS[Number(bucket)]
  const from = AGE_BUCKET_BOUNDS_HOURS[Number(bucket) - 1] ?? 0
  const hours = (value: number): string => String(Number(value.toPrecision(3)))
  return bound === undefined
    ? `1 for a post of ${hours(from)} h or older.`
    : `1 for a post of ${hours(from)} h up to, not including, ${hours(bound)} h.`
}

export const CONTEXT_COLUMNS: readonly RowColumn[] = [
  // Read by log, as most columns of the views are: side by side with them they are transformed in one go.
  column('age_hours', 'hours', 'Age of the post when the feed was asked for.', log()),
  column('friendship_days', 'days', 'How long viewer and author have been friends.', log()),
  count('unseen_comments', 'Comments on the post since the viewer saw it last.'),
  count('unseen_comments_by_friends', 'Those of them by friends of the viewer.'),
  count(
    'carried_times',
    'Earlier feeds that ranked the post for this viewer and passed it over, since one last showed it.',
  ),
  count('viewer_followers', 'Followers of the viewer.'),
  count('author_followers', 'Followers of the author.'),
  count('text_characters', "Length of the post's text, in UTF-16 units."),
  count('hashtags', 'Hashtags of the post.'),

  ...flags('age_bucket', numbersBelow(AGE_BUCKETS), ageBucketAbout),
  ...flags('kind', POST_KINDS, (kind) => `1 for a post of kind ${kind}.`),
  ...flags('audience', AUDIENCES, (audience) => `1 for a post for ${audience}.`),
  ...flags('source', CANDIDATE_SOURCES, (source) => `1 where the primary source is ${source}.`),
  flag('in_network', '1 where the viewer is tied to the author or the container.'),
  ...flags('closeness', CLOSENESSES, (closeness) => `1 for a friend whose closeness is ${closeness}.`),
  flag('is_follow', '1 where the viewer follows the author.'),
  flag('is_group_member', '1 where the viewer is in the group that holds the post.'),
  flag('is_page_member', '1 where the viewer follows the page that holds the post.'),
  flag('mentions_viewer', '1 where the post mentions the viewer.'),
  flag('own_thread', '1 where the post is by the viewer, or its container is a post by the viewer.'),
  flag('has_embedding', '1 where it is known what the post is about.'),
  unit('content_match', 'Cosine of what the post is about and what the viewer likes to read about.'),
  flag('language_match', "1 where the post's language is the viewer's, regions aside."),
  flag('country_match', "1 where the author's country is the viewer's."),
  unit('hour_sin', 'Sine of the hour of the day (UTC), a day being one turn.'),
  unit('hour_cos', 'Cosine of the hour of the day (UTC).'),
  ...flags('weekday', numbersBelow(WEEKDAYS), (day) => `1 on weekday ${day} (UTC), Sunday being 0.`),
  ...flags('device', DEVICES, (device) => `1 where the feed is asked for on a ${device}.`),
]

/** Which age bucket a post falls into. */
export const ageBucketOf = (ageHours: number): number => {
  const bucket = AGE_BUCKET_BOUNDS_HOURS.findIndex((bound) => ageHours < bound)
  return bucket === -1 ? AGE_BUCKETS - 1 : bucket
}
