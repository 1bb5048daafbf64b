import { expect, test } from 'vitest'
import { outcomesOf } from '../../../models/evaluation/outcomes.ts'
import { HEAD_NAMES, type HeadName } from '../../../models/heads.ts'
import type { Example } from '../../../schemas/examples/index.ts'
import { exampleOf, labelled } from '../training/sample.ts'

const happened = (examples: readonly Partial<Example>[]): Partial<Record<HeadName, number>> => {
  const outcomes = outcomesOf(examples.map((changes) => exampleOf(changes)))
  return Object.fromEntries(
    HEAD_NAMES.map((head, at) => [head, outcomes[at]!]).filter(([, each]) => each !== 0),
  )
}

test('what came of a post is told by the labels of its heads, over all that was said of it', () => {
  expect(happened([{}])).toEqual({})
  expect(happened([{ labels: labelled('view', 'click', 'click') }, { labels: labelled('share') }])).toEqual({
    click: 1,
    share: 1,
  })
  expect(happened([{ labels: labelled('connect_request', 'block_author') }])).toEqual({ follow: 1, block: 1 })
})

test('looks are added up before it is said how long they were', () => {
  const looks = labelled(['dwell', 6_000], ['watch', 10_500])
  expect(happened([{ labels: looks }])).toEqual({ dwell: 16.5, dwell_8s: 1, dwell_15s: 1 })
})

test('who answers 4 or 5 of 5 is satisfied', () => {
  for (const satisfaction of [1, 3] as const) expect(happened([{ satisfaction }])).toEqual({})
  for (const satisfaction of [4, 5] as const)
    expect(happened([{ satisfaction }])).toEqual({ satisfaction: 1 })
})
