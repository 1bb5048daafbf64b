import { keyOf } from '../../engine/key.ts'
import { readIntegrity } from '../../processors/integrity.ts'
import { author as authorView } from '../../processors/views/author.ts'
import { post as postView } from '../../processors/views/post.ts'
import { userAuthor as userAuthorView } from '../../processors/views/user-author.ts'
import type { Millis, UserId } from '../../schemas/ids.ts'
import type { Candidate } from './candidate.ts'
import { FeatureTable } from './feature-table.ts'
import { SHOWN, sumOf, type Terms, termsOf } from './score.ts'
import type { StateRows } from '../../serving/state-rows.ts'
import type { Viewer } from './viewer.ts'

/** A candidate with its place in the ranking. */
export interface Ranked {
  readonly candidate: Candidate
  readonly score: number
  readonly terms: Terms
  /** The features behind it, by name; made when asked for. */
  features(): Record<string, number>
}

export interface Ranking {
  /** Best first; equals in the order of their ids. */
  readonly ranked: readonly Ranked[]
  /** Candidates that moderation removed. */
  readonly removedByIntegrity: number
}

/** Ranks candidates by the formula in score.ts. One read a store for all of them. */
export const rank = async (
  rows: StateRows,
  viewer: Viewer,
  candidates: readonly Candidate[],
  asOf: Millis,
): Promise<Ranking> => {
  const postKeys = candidates.map(({ post }) => keyOf(post.postId))
  const authors = [...new Set(candidates.map(({ post }) => post.authorId))]
  const [integrityRows, postTable, authorTable, pairTable] = await Promise.all([
    rows.readMany('integrity', postKeys),
    FeatureTable.read(rows, postView, postKeys, asOf),
    FeatureTable.read(
      rows,
      authorView,
      authors.map((id) => keyOf(id)),
      asOf,
    ),
    FeatureTable.read(
      rows,
      userAuthorView,
      authors.map((id) => keyOf(viewer.userId, id)),
      asOf,
    ),
  ])
  const rowOfAuthor = new Map<UserId, number>(authors.map((id, row) => [id, row]))
  const ranked: Ranked[] = []
  for (const [postRow, candidate] of candidates.entries()) {
    const verdict = verdictOf(integrityRows[postRow])
    if (verdict === 'remove') continue
    const { post, source } = candidate
    const authorRow = rowOfAuthor.get(post.authorId)!
    const terms = termsOf({
      posts: postTable,
      postRow,
      authors: authorTable,
      pairs: pairTable,
      authorRow,
      source,
      closeness: viewer.friends.get(post.authorId)?.closeness ?? 'none',
      ageMs: asOf - post.publishedAt,
      isDownranked: verdict === 'downrank',
    })
    const features = (): Record<string, number> => ({
      ...shown(postTable, postRow, SHOWN.post),
      ...shown(authorTable, authorRow, SHOWN.author),
      ...shown(pairTable, authorRow, SHOWN.pair),
    })
    ranked.push({ candidate, score: sumOf(terms), terms, features })
  }
  return { ranked: ranked.sort(bestFirst), removedByIntegrity: candidates.length - ranked.length }
}

const verdictOf = (row: Buffer | undefined): string =>
  (row === undefined ? null : readIntegrity(row))?.verdict ?? 'allow'

const bestFirst = (one: Ranked, other: Ranked): number =>
  other.score - one.score || (one.candidate.post.postId < other.candidate.post.postId ? -1 : 1)

const shown = (table: FeatureTable, row: number, columns: readonly number[]): Record<string, number> =>
  Object.fromEntries(
    columns.map((column) => [table.view.columns[column]!.name, rounded(table.at(row, column))]),
  )

const SHOWN_DIGITS = 6

/** A float32 holds about seven digits; the rest is noise of its decimal form. */
export const rounded = (value: number): number => Number(value.toPrecision(SHOWN_DIGITS))
