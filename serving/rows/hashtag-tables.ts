import type { FeatureReader } from '../../features/store/port.ts'
import { hashtag as hashtagView } from '../../processors/views/hashtag.ts'
import { userHashtag as userHashtagView } from '../../processors/views/user-hashtag.ts'
import type { ViewRows } from '../../features/view.ts'
import type { Candidate } from '../candidate.ts'
import { allOf, keyOfView } from './candidate-tables.ts'
import { Distinct, NONE } from './distinct.ts'
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

/** Rows of the views by hashtag, for posts that may have several; read run after run, as `CandidateTables` are. */
export class HashtagTables {
  private readonly views = VIEWS.map(({ view, best }) => ({
    table: new ViewTable(view),
    key: keyOfView(view.name),
    best,
  }))
  private readonly named = new Distinct()
  /** By candidate and place among its hashtags. */
  private tags = new Int32Array(0)

  /** Begins anew, for at most so many candidates. */
  begin(candidates: number): void {
    const needed = candidates * HASHTAGS_READ_MAX
    if (this.tags.length < needed) this.tags = new Int32Array(needed)
    this.tags.fill(NONE, 0, needed)
    this.named.reset()
    for (const { table } of this.views) table.reset()
  }

  read(
    first: number,
    candidates: readonly Candidate[],
    request: RowRequest,
    features: FeatureReader,
  ): Promise<void> | undefined {
    this.note(first, candidates)
    const { ids } = this.named
    return allOf(
      this.views.map(({ table, key }) => {
        for (let index = table.count; index < ids.length; index++) key.add(table.keys, ids[index]!, request)
        return table.fill(features, request.query.asOf)
      }),
    )
  }

  /** Copies the rows that speak for `count` candidates from one on, `width` floats from each to the next. */
  copy(view: string, first: number, count: number, into: Float32Array, offset: number, width: number): void {
    const { table, best } = this.views.find((each) => each.table.view.name === view)!
    for (let row = 0; row < count; row++) {
      table.copy(this.speaker(table, best, first + row), into, offset + row * width)
    }
  }

  /** The first of a candidate's hashtags with the greatest value; `NONE` without hashtags. */
  private speaker(table: ViewTable, best: number, candidate: number): number {
    const start = candidate * HASHTAGS_READ_MAX
    let chosen = this.tags[start]!
    for (let at = start + 1; at < start + HASHTAGS_READ_MAX; at++) {
      const tag = this.tags[at]!
      if (tag === NONE) break
      if (table.at(tag, best) > table.at(chosen, best)) chosen = tag
    }
    return chosen
  }

  private note(first: number, candidates: readonly Candidate[]): void {
    for (let at = 0; at < candidates.length; at++) {
      const hashtags = candidates[at]!.content?.hashtags
      if (hashtags === undefined) continue
      const count = Math.min(hashtags.length, HASHTAGS_READ_MAX)
      for (let place = 0; place < count; place++) {
        this.tags[(first + at) * HASHTAGS_READ_MAX + place] = this.named.indexOf(hashtags[place]!)
      }
    }
  }
}
