import type { FeatureReader } from '../../features/store/port.ts'
import { hashtag as hashtagView } from '../../processors/views/hashtag.ts'
import { userHashtag as userHashtagView } from '../../processors/views/user-hashtag.ts'
import type { ViewRows } from '../../features/view.ts'
import type { Candidate } from '../candidate.ts'
import { allOf, keyOfView } from './candidate-tables.ts'
import { NONE } from './distinct.ts'
import type { RowRequest } from './view-keys.ts'
import { ViewTable } from './view-table.ts'

/** Hashtags of a post that are looked at, in the order it names them. */
export const HASHTAGS_READ_MAX = 4

const columnOf = (view: ViewRows, name: string): number => {
  const column = view.columns.findIndex((each) => each.name === name)
  if (column === -1) throw new RangeError(`view ${view.name} has no column ${name}`)
  return column
}

/** Of a post's hashtags the one that the viewer engages with most speaks for it, and the one that trends most. */
const VIEWS = [
  { view: userHashtagView, best: columnOf(userHashtagView, 'user_hashtag.engagements.decayed_30d') },
  { view: hashtagView, best: columnOf(hashtagView, 'hashtag.engagements.decayed_24h') },
]

/** Rows of the views by hashtag, for posts that may have several. */
export class HashtagTables {
  private readonly views = VIEWS.map(({ view, best }) => ({
    table: new ViewTable(view),
    key: keyOfView(view.name),
    best,
  }))
  private readonly indexes = new Map<string, number>()
  /** By candidate and place among its hashtags. */
  private tags = new Int32Array(0)

  read(
    candidates: readonly Candidate[],
    request: RowRequest,
    features: FeatureReader,
  ): Promise<void> | undefined {
    this.note(candidates)
    return allOf(
      this.views.map(({ table, key }) => {
        table.keys.reset()
        for (const tag of this.indexes.keys()) key.add(table.keys, tag, request)
        return table.fill(features, request.query.asOf)
      }),
    )
  }

  table(view: string): ViewTable {
    return this.views.find(({ table }) => table.view.name === view)!.table
  }

  /** The row of a view that speaks for a candidate: the first of those with the greatest value; `NONE` without hashtags. */
  row(view: string, candidate: number): number {
    const { table, best } = this.views.find((each) => each.table.view.name === view)!
    const start = candidate * HASHTAGS_READ_MAX
    let chosen = NONE
    for (let at = start; at < start + HASHTAGS_READ_MAX; at++) {
      const tag = this.tags[at]!
      if (tag === NONE) break
      if (chosen === NONE || table.at(tag, best) > table.at(chosen, best)) chosen = tag
    }
    return chosen
  }

  private note(candidates: readonly Candidate[]): void {
    const needed = candidates.length * HASHTAGS_READ_MAX
    if (this.tags.length < needed) this.tags = new Int32Array(needed)
    this.tags.fill(NONE, 0, needed)
    this.indexes.clear()
    for (let row = 0; row < candidates.length; row++) {
      const hashtags = candidates[row]!.content?.hashtags
      if (hashtags === undefined) continue
      const count = Math.min(hashtags.length, HASHTAGS_READ_MAX)
      for (let place = 0; place < count; place++) {
        this.tags[row * HASHTAGS_READ_MAX + place] = this.indexOf(hashtags[place]!)
      }
    }
  }

  private indexOf(tag: string): number {
    const known = this.indexes.get(tag)
    if (known !== undefined) return known
    const index = this.indexes.size
    this.indexes.set(tag, index)
    return index
  }
}
