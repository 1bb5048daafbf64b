import type { ViewRows } from '../features/view.ts'
import { author } from '../processors/views/author.ts'
import { authorByDay } from '../processors/views/author-by-day.ts'
import { hashtag } from '../processors/views/hashtag.ts'
import { post } from '../processors/views/post.ts'
import { postCountry } from '../processors/views/post-country.ts'
import { userAuthor } from '../processors/views/user-author.ts'
import { userContainer } from '../processors/views/user-container.ts'
import { userHashtag } from '../processors/views/user-hashtag.ts'
import { userKind } from '../processors/views/user-kind.ts'
import { user } from '../processors/views/user.ts'
import { CONTEXT_COLUMNS } from './row/context-columns.ts'
import { RowLayout } from './row/row-layout.ts'
import { transformOf } from './row/transform.ts'

/**
 * The views a row is read from, in the order of their columns. One that is added here also needs its key in
 * serving/rows/view-keys.ts, by which serving finds its row for a candidate; without it serving throws as it is loaded.
 */
export const RANKING_VIEWS: readonly ViewRows[] = [
  userAuthor,
  post,
  author,
  user,
  userKind,
  userContainer,
  userHashtag,
  hashtag,
  postCountry,
  authorByDay,
]

/**
 * The row that the heavy ranker reads: every column of the views, then the context. Serving fills it, the
 * impression logs it, training reads it back: what is in it is said here, and nowhere else.
 */
export const rankingRow = new RowLayout('heavy', [
  ...RANKING_VIEWS.flatMap((view) =>
    view.columns.map((column) => ({ ...column, transform: transformOf(column) })),
  ),
  ...CONTEXT_COLUMNS,
])

/** Where a view's columns begin in the ranking row; its reader writes them from there. */
export const viewOffset = (view: ViewRows): number => rankingRow.indexOf(view.columns[0]!.name)
