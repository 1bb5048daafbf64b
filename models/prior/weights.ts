import type { HeadName } from '../heads.ts'

/** What one transformed column (see row/transform.ts) says before anything is learned. */
export interface PriorWeight {
  readonly column: string
  /** Added to the interest of a row, a unit of the transformed column. */
  readonly interest?: number
  /** Added to its dislike. */
  readonly dislike?: number
  /** Added to single heads. */
  readonly heads?: Readonly<Partial<Record<HeadName, number>>>
  /** The transformed value of a typical row, at which the column says nothing; 0 where absent. */
  readonly typical?: number
  readonly because: string
}

/** A rate without a single event reads as its view's prior of 1 in 20: ln(1 + 0.05 / 0.05). */
const NO_RATE = Math.LN2
/** ln(1 + 24) and ln(1 + 20): a post a day old with some twenty reactions is typical. */
const DAY_OLD = Math.log1p(24)
const SOME_TWENTY = Math.log1p(20)
/** A time since what never was reads as 420 days. */
const NEVER = Math.log1p(420)

/**
 * The prior of both rankers, by what is known about feeds in general. Counts are read as ln(1 + n), so a
 * weight of 0.5 makes a reaction (1 + n)^0.5 times as likely. Columns that are not named weigh nothing.
 */
export const PRIOR_WEIGHTS: readonly PriorWeight[] = [
  // The viewer with the author: what people did is the best guess at what they will do.
  { column: 'sum.affinity', interest: 0.45, dislike: -0.2, because: 'who was liked lately is liked again' },
  { column: 'user_author.engagements.decayed_30min', interest: 0.2, because: 'the session goes on' },
  { column: 'user_author.engagements.days_active_30d', interest: 0.2, because: 'a habit beats one binge' },
  {
    column: 'user_author.engagements.since_last_ms',
    interest: -0.06,
    typical: NEVER,
    because: 'interest fades',
  },
  {
    column: 'user_author.engagements_per_views.rate_30d',
    interest: 0.3,
    typical: NO_RATE,
    because: 'who reacts to most of what is shown of an author wants more',
  },
  {
    column: 'user_author.views.decayed_30d',
    interest: -0.08,
    because: 'shown often, so the same counts say less',
  },
  {
    column: 'user_author.likes.total',
    heads: { like: 0.15 },
    because: 'people keep to their way of reacting',
  },
  {
    column: 'user_author.comments.total',
    heads: { comment: 0.3 },
    because: 'people keep to their way of reacting',
  },
  {
    column: 'user_author.shares.total',
    heads: { share: 0.3, save: 0.3 },
    because: 'people keep to their way of reacting',
  },
  {
    column: 'user_author.looked.decayed_30d',
    interest: 0.05,
    heads: { dwell: 0.05 },
    because: 'silent readers have tastes too',
  },
  {
    column: 'user_author.negatives.decayed_72h',
    interest: -0.5,
    dislike: 0.8,
    because: 'the viewer has just said no',
  },
  { column: 'user_author.negatives.decayed_14d', interest: -0.7, dislike: 1, because: 'the viewer said no' },
  {
    column: 'user_author.negatives.decayed_140d',
    interest: -0.3,
    dislike: 0.6,
    because: 'a no is remembered',
  },
  {
    column: 'user_author.skips.total',
    interest: -0.12,
    heads: { skip: 0.2 },
    because: 'scrolled past before',
  },

  // Ties, beyond what reactions show.
  { column: 'context.closeness.none', interest: 0.7, dislike: -0.3, because: 'friends come first' },
  { column: 'context.closeness.close', interest: 1.2, dislike: -0.6, because: 'close friends more so' },
  { column: 'context.closeness.family', interest: 1.4, dislike: -0.8, because: 'and family' },
  { column: 'context.friendship_days', interest: 0.03, because: 'old friends stay' },
  {
    column: 'context.is_follow',
    interest: 0.6,
    dislike: -0.2,
    heads: { follow: -3 },
    because: 'asked for; cannot be followed again',
  },
  { column: 'context.is_group_member', interest: 0.4, because: 'asked for, with a whole group' },
  { column: 'context.is_page_member', interest: 0.3, because: 'asked for' },
  {
    column: 'context.mentions_viewer',
    interest: 1.5,
    heads: { comment: 0.7 },
    because: 'it speaks to the viewer',
  },
  {
    column: 'context.own_thread',
    interest: 2.5,
    heads: { comment: 0.8 },
    because: "answers in the viewer's own thread",
  },
  {
    column: 'user_container.engagements.since_last_ms',
    interest: -0.25,
    typical: NEVER,
    because: 'took part in this thread or group lately',
  },
  {
    column: 'user_container.engagements.decayed_30d',
    interest: 0.1,
    heads: { comment: 0.2 },
    because: 'and often',
  },
  {
    column: 'user_container.negatives.decayed_30d',
    interest: -0.3,
    dislike: 0.4,
    because: 'not this group',
  },
  {
    column: 'context.unseen_comments',
    interest: 0.25,
    heads: { comment: 0.2, click: 0.2 },
    because: 'the talk went on',
  },
  {
    column: 'context.unseen_comments_by_friends',
    interest: 0.5,
    heads: { comment: 0.3 },
    because: 'and friends take part',
  },
  { column: 'context.carried_times', interest: -0.1, because: 'it lost to others before' },
  { column: 'context.language_match', interest: 0.5, dislike: -0.3, because: 'it can be read' },
  { column: 'context.country_match', interest: 0.15, because: 'it is near' },

  // Recency: most of what is reacted to is fresh, and what is not has had its time.
  {
    column: 'context.age_hours',
    interest: -0.85,
    typical: DAY_OLD,
    because: 'posts fade with the log of their age',
  },
  { column: 'context.age_bucket.10', interest: -0.3, because: 'more than a week old' },
  { column: 'context.age_bucket.11', interest: -0.4, because: 'more than two weeks old' },

  // The post with everyone.
  { column: 'sum.popularity', interest: 0.3, typical: SOME_TWENTY, because: 'what many like now, most like' },
  { column: 'post.engagements.decayed_30min', interest: 0.4, because: 'it is going on now' },
  {
    column: 'post.engagements_per_views.rate_24h',
    interest: 0.5,
    typical: NO_RATE,
    because: 'quality: reactions a view, whatever its reach',
  },
  { column: 'post.comments.total', heads: { comment: 0.25 }, because: 'a post has its kind of reaction' },
  { column: 'post.shares.total', heads: { share: 0.25 }, because: 'a post has its kind of reaction' },
  { column: 'post.saves.total', heads: { save: 0.25 }, because: 'a post has its kind of reaction' },
  { column: 'post.clicks.total', heads: { click: 0.08 }, because: 'a post has its kind of reaction' },
  { column: 'post.looked.total', heads: { dwell: 0.2 }, because: 'seconds looked …' },
  { column: 'post.views.total', heads: { dwell: -0.2 }, because: '… a view' },
  { column: 'post.skips.total', interest: -0.04, heads: { skip: 0.08 }, because: 'many scroll past' },
  { column: 'post.negatives.decayed_24h', interest: -0.3, dislike: 0.3, because: 'others said no' },
  {
    column: 'post.negatives_per_views.rate_24h',
    interest: -0.2,
    dislike: 0.5,
    typical: Math.LN2,
    because: 'and few who saw it did not',
  },
  { column: 'post_country.engagements.decayed_24h', interest: 0.1, because: 'it is talked about here' },

  // The author with everyone.
  { column: 'author.engagements.decayed_24h', interest: 0.06, because: 'the author has a good day' },
  {
    column: 'author.engagements_per_views.rate_24h',
    interest: 0.2,
    typical: NO_RATE,
    because: 'the author is good',
  },
  { column: 'author.negatives.decayed_24h', interest: -0.1, dislike: 0.2, because: 'the author annoys' },
  { column: 'author_by_day.engagements.total', interest: 0.03, because: 'the author has a good day' },

  // Tastes: kinds and topics.
  {
    column: 'user_kind.engagements_per_views.rate_30d',
    interest: 0.4,
    typical: NO_RATE,
    because: 'some watch, some read',
  },
  { column: 'user_kind.negatives.decayed_30d', interest: -0.15, dislike: 0.2, because: 'not this kind' },
  {
    column: 'context.content_match',
    interest: 1.5,
    dislike: -0.4,
    because: 'it is about what the viewer reacts to',
  },
  { column: 'user_hashtag.engagements.decayed_30d', interest: 0.3, because: 'topics are tastes' },
  { column: 'user_hashtag.engagements.decayed_1d', interest: 0.15, because: 'of the day' },
  {
    column: 'user_hashtag.engagements.since_last_ms',
    interest: -0.06,
    typical: NEVER,
    because: 'topics fade',
  },
  { column: 'user_hashtag.negatives.decayed_30d', interest: -0.4, dislike: 0.5, because: 'not this topic' },
  { column: 'hashtag.engagements.decayed_30min', interest: 0.06, because: 'the topic trends' },
  { column: 'hashtag.engagements.decayed_24h', interest: 0.04, because: 'the topic is alive' },
  { column: 'context.kind.video', heads: { dwell: 0.5, click: 0.2 }, because: 'videos are watched' },
  { column: 'context.kind.link', heads: { click: 0.4, like: -0.2 }, because: 'links are opened' },
  {
    column: 'context.kind.photo',
    heads: { like: 0.2, click: -0.2 },
    because: 'photos are liked as they are',
  },
  { column: 'context.text_characters', heads: { dwell: 0.05 }, because: 'long texts take time' },

  // The viewer: moves all posts alike, and heads against each other.
  {
    column: 'user.engagements.days_active_30d',
    heads: { like: 0.1, comment: 0.1, click: 0.05 },
    because: 'active people react',
  },
  { column: 'user.negatives.decayed_30d', dislike: 0.3, because: 'some hide a lot' },
]

/**
 * What the light ranker goes by where its row lacks what the heavy one reads: the source stands for the tie
 * that it was found by.
 */
export const LIGHT_WEIGHTS: readonly {
  readonly column: string
  readonly keep: number
  readonly because: string
}[] = [
  { column: 'context.source.follow', keep: 0.6, because: 'asked for' },
  { column: 'context.source.group', keep: 0.4, because: 'asked for' },
  { column: 'context.source.page', keep: 0.3, because: 'asked for' },
  { column: 'context.source.comments', keep: 0.8, because: 'the talk went on' },
  { column: 'context.source.mention', keep: 1.5, because: 'it speaks to the viewer' },
  { column: 'context.source.touched', keep: 0.2, because: 'the author was liked once' },
]
/** What a unit of dislike takes from the light ranker's score. */
export const LIGHT_DISLIKE = 0.5
