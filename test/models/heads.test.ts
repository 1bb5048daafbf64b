import { expect, test } from 'vitest'
import { HEADS } from '../../models/heads.ts'
import { NEGATIVE, POSITIVE } from '../../processors/views/reaction-series.ts'
import { type ReactionKind, REACTION_KINDS } from '../../schemas/reactions/v1.ts'

const labelled = (sign: 1 | -1): ReactionKind[] =>
  HEADS.filter((head) => head.sign === sign).flatMap((head) => [...head.labels])

test('every reaction but a view is the label of one head', () => {
  const labels = [...labelled(1), ...labelled(-1)]
  expect([...labels].sort()).toEqual(REACTION_KINDS.filter((kind) => kind !== 'view').sort())
})

test('heads agree with the views on what speaks for a post and what against', () => {
  for (const kind of POSITIVE) expect(labelled(1)).toContain(kind)
  for (const kind of NEGATIVE) expect(labelled(-1)).toContain(kind)
})
