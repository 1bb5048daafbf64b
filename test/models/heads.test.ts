import { expect, test } from 'vitest'
import { type Head, HEADS } from '../../models/heads.ts'
import { NEGATIVE, POSITIVE } from '../../processors/views/reaction-series.ts'
import { type ReactionKind, REACTION_KINDS } from '../../schemas/reactions/v1.ts'

const all: readonly Head[] = HEADS

const labelled = (sign: 1 | -1): ReactionKind[] =>
  all.filter((head) => head.sign === sign && head.atLeastMs === undefined).flatMap((head) => [...head.labels])

test('every reaction but a view is the label of one head', () => {
  const labels = [...labelled(1), ...labelled(-1)]
  expect([...labels].sort()).toEqual(REACTION_KINDS.filter((kind) => kind !== 'view').sort())
})

test('looks of 8, 15, 25 and 30 seconds have heads of their own', () => {
  const long = all.filter(({ atLeastMs }) => atLeastMs !== undefined)
  expect(long.map(({ name, atLeastMs }) => [name, atLeastMs])).toEqual([
    ['dwell_8s', 8_000],
    ['dwell_15s', 15_000],
    ['dwell_25s', 25_000],
    ['dwell_30s', 30_000],
  ])
})

test('heads agree with the views on what speaks for a post and what against', () => {
  for (const kind of POSITIVE) expect(labelled(1)).toContain(kind)
  for (const kind of NEGATIVE) expect(labelled(-1)).toContain(kind)
})
