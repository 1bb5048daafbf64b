import type { Closeness } from '../../schemas/connections/index.ts'
import { author } from '../../processors/views/author.ts'
import { post } from '../../processors/views/post.ts'
import { userAuthor } from '../../processors/views/user-author.ts'
import { HOUR_MS } from '../../schemas/ids.ts'
import type { Source } from './candidate.ts'
import { columnOf, type FeatureTable } from './feature-table.ts'

/**
 * The first feed's formula, hand-made until there is a model: a sum of terms, so that each post's place can be
 * explained. e and n are engagements and negatives, decayed with the half-life named; ln1(x) = ln(1 + max(0, x)).
 *
 * | term       | value                                                                               |
 * | ---------- | ----------------------------------------------------------------------------------- |
 * | affinity   | ln1(e_1d + e_30d) of the viewer with the author                                     |
 * | tie        | what ties the viewer to the post: see TIES, and CLOSENESS for friends               |
 * | popularity | 0.6 ln1(e_24h) of the post + 4 (engagements per view, 50 % at most, − its prior of 5 %) |
 * | author     | 0.2 ln1(e_24h) of the author                                                        |
 * | age        | −0.5 log2(1 + age / 6 h)                                                            |
 * | dislike    | −2 ln1(n_14d) of the viewer with the author − 0.5 ln1(n_24h) of the post            |
 * | integrity  | −2 when moderation said "downrank"                                                  |
 * | repeat     | −0.5 for each post of the author above it                                           |
 */
export const TERMS = [
  'affinity',
  'tie',
  'popularity',
  'author',
  'age',
  'dislike',
  'integrity',
  'repeat',
] as const
export type Term = (typeof TERMS)[number]
export type Terms = Record<Term, number>

const TIES: Readonly<Record<Source, number>> = {
  friend: 1,
  follow: 0.8,
  group: 0.5,
  page: 0.4,
  'touched-author': 0.2,
  trending: 0,
}
const CLOSENESS: Readonly<Record<Closeness, number>> = { none: 0, close: 0.5, family: 1 }

const POPULARITY_WEIGHT = 0.6
const RATE_WEIGHT = 4
/** What a post without views reads as: the view's prior of 1 in 20. */
const RATE_PRIOR = 0.05
/** Where views are not published, the rate is no rate: engagements alone would make it as high as they are many. */
const RATE_MAX = 0.5
const AUTHOR_WEIGHT = 0.2
const AGE_WEIGHT = 0.5
const AGE_UNIT_MS = 6 * HOUR_MS
const DISLIKE_WEIGHT = 2
const POST_DISLIKE_WEIGHT = 0.5
const DOWNRANK = -2
export const REPEAT_WEIGHT = 0.5

const POST = {
  engagements: columnOf(post, 'post.engagements.decayed_24h'),
  rate: columnOf(post, 'post.engagements_per_views.rate_24h'),
  negatives: columnOf(post, 'post.negatives.decayed_24h'),
}
const AUTHOR = { engagements: columnOf(author, 'author.engagements.decayed_24h') }
const PAIR = {
  engagementsDay: columnOf(userAuthor, 'user_author.engagements.decayed_1d'),
  engagementsMonth: columnOf(userAuthor, 'user_author.engagements.decayed_30d'),
  negatives: columnOf(userAuthor, 'user_author.negatives.decayed_14d'),
}

/** Columns of the three views that are shown with a post: what the formula reads, and what explains it. */
export const SHOWN = {
  post: [
    POST.engagements,
    POST.rate,
    POST.negatives,
    columnOf(post, 'post.views.total'),
    columnOf(post, 'post.engagements.total'),
  ],
  author: [AUTHOR.engagements],
  pair: [
    columnOf(userAuthor, 'user_author.engagements.decayed_30min'),
    PAIR.engagementsDay,
    PAIR.engagementsMonth,
    PAIR.negatives,
    columnOf(userAuthor, 'user_author.views.decayed_30d'),
    columnOf(userAuthor, 'user_author.engagements.total'),
  ],
} as const

const ln1 = (value: number): number => Math.log1p(Math.max(0, value))

/** How a post fares with everyone, of a row of the post view. */
export const popularityOf = (posts: FeatureTable, row: number): number =>
  POPULARITY_WEIGHT * ln1(posts.at(row, POST.engagements)) +
  RATE_WEIGHT * (Math.min(posts.at(row, POST.rate), RATE_MAX) - RATE_PRIOR)

export const ageTermOf = (ageMs: number): number =>
  -AGE_WEIGHT * Math.log2(1 + Math.max(0, ageMs) / AGE_UNIT_MS)

/** Where a candidate's features lie, and what else the formula asks. */
export interface Scored {
  readonly posts: FeatureTable
  readonly postRow: number
  readonly authors: FeatureTable
  /** The viewer with each author, in the rows of `authors`. */
  readonly pairs: FeatureTable
  readonly authorRow: number
  readonly source: Source
  readonly closeness: Closeness
  readonly ageMs: number
  readonly isDownranked: boolean
}

export const termsOf = (scored: Scored): Terms => {
  const { posts, postRow, authors, pairs, authorRow, source, closeness, ageMs } = scored
  return {
    affinity: ln1(pairs.at(authorRow, PAIR.engagementsDay) + pairs.at(authorRow, PAIR.engagementsMonth)),
    tie: TIES[source] + (source === 'friend' ? CLOSENESS[closeness] : 0),
    popularity: popularityOf(posts, postRow),
    author: AUTHOR_WEIGHT * ln1(authors.at(authorRow, AUTHOR.engagements)),
    age: ageTermOf(ageMs),
    dislike:
      -DISLIKE_WEIGHT * ln1(pairs.at(authorRow, PAIR.negatives)) -
      POST_DISLIKE_WEIGHT * ln1(posts.at(postRow, POST.negatives)),
    integrity: scored.isDownranked ? DOWNRANK : 0,
    repeat: 0,
  }
}

export const sumOf = (terms: Terms): number => {
  let sum = 0
  for (const term of TERMS) sum += terms[term]
  return sum
}
