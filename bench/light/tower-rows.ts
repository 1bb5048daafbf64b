import { LIGHT_NETWORK } from '../../models/rankers.ts'
import { isCurved, LINEAR_MAX, type Transform } from '../../models/row/transform.ts'
import { CONTENT_DIMENSIONS } from '../../processors/content/direction.ts'
import type { WholeRanking } from './whole-ranking.ts'

const { columns, width } = LIGHT_NETWORK.row

/** Columns of the light row that hang on the post alone: nothing of who looks, or of why it was found. */
const OF_THE_POST = /^(post|author)\.|^context\.(age_|kind\.)/
const PLACES = [...columns.keys()].filter((place) => OF_THE_POST.test(columns[place]!.name))

/** What the post is about, then its columns. */
export const ITEM_INPUTS = CONTENT_DIMENSIONS + PLACES.length
/** What the viewer likes, and a 1: by it a post may be good for everybody. */
export const USER_INPUTS = CONTENT_DIMENSIONS + 1

export const userRow = ({ taste }: WholeRanking): Float32Array => {
  const row = new Float32Array(USER_INPUTS)
  row.set(taste)
  row[CONTENT_DIMENSIONS] = 1
  return row
}

/** Rows of some candidates, by their places in the ranking. */
export const itemRows = ({ rows, contents }: WholeRanking, candidates: readonly number[]): Float32Array => {
  const items = new Float32Array(candidates.length * ITEM_INPUTS)
  for (const [index, candidate] of candidates.entries()) {
    const start = index * ITEM_INPUTS
    const from = candidate * CONTENT_DIMENSIONS
    items.set(contents.subarray(from, from + CONTENT_DIMENSIONS), start)
    for (const [at, place] of PLACES.entries()) {
      items[start + CONTENT_DIMENSIONS + at] = read(
        rows[candidate * width + place]!,
        columns[place]!.transform,
      )
    }
  }
  return items
}

/** As the graphs of the rankers do. */
const read = (value: number, transform: Transform): number => {
  if (!isCurved(transform)) return Math.max(-LINEAR_MAX, Math.min(LINEAR_MAX, value))
  const { kind, per, max } = transform
  const scaled = value / per
  const below = kind === 'age' ? max : 0
  return Math.log1p(Math.min(max, scaled < 0 ? below : scaled))
}
