import { lightRow } from '../../models/light-row.ts'
import { RANKING_VIEWS } from '../../models/ranking-row.ts'
import type { Matrix } from '../../models/scoring/types.ts'
import type { Candidate } from '../candidate.ts'
import type { CandidateTables } from './candidate-tables.ts'
import { SharedContext } from './context-row.ts'
import type { RowRequest } from './view-keys.ts'

/** A column of the light row that is read from a view. */
interface Pick {
  readonly view: string
  readonly from: number
  readonly to: number
}

const picks: readonly Pick[] = RANKING_VIEWS.flatMap((view) =>
  view.columns.flatMap(({ name }, from) =>
    lightRow.has(name) ? [{ view: view.name, from, to: lightRow.indexOf(name) }] : [],
  ),
)

/** Views that the light row reads a column of. */
export const LIGHT_VIEWS: readonly string[] = [...new Set(picks.map(({ view }) => view))]

const context = new SharedContext(lightRow)

/** Fills the light rows of candidates, the first of whom is in row `first`, from tables that were read for them. */
export const fillLightRows = (
  candidates: readonly Candidate[],
  request: RowRequest,
  tables: CandidateTables,
  { rows, width }: Matrix,
  first: number,
): void => {
  const start = first * width
  rows.fill(0, start, start + candidates.length * width)
  for (const { view, from, to } of picks) {
    const table = tables.table(view)
    const indexes = tables.indexes(view)
    for (let row = 0, at = start + to; row < candidates.length; row++, at += width) {
      rows[at] = table.at(indexes[first + row]!, from)
    }
  }
  for (let row = 0; row < candidates.length; row++) {
    context.write(candidates[row]!, request, rows, start + row * width)
  }
}
