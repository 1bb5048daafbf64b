import { expect, test } from 'vitest'
import { towerExampleOf } from '../../../models/retrieval/tower-examples.ts'
import { ITEM_BYTES, packItem } from '../../../models/retrieval/tower-inputs.ts'
import { labelled } from '../training/sample.ts'
import { CONTENTS, likedBy, pairStream, TASTES } from './pairs.ts'
import { vectorOf } from './indexes.ts'

const [like] = pairStream(1, 1)

test('a label that speaks for a public post is a pair of both sides as they were when it was shown', () => {
  const pair = towerExampleOf(like!)!
  const subject = [...Array(12).keys()].find((each) =>
    vectorOf(TASTES, each).every((value, index) => value === like!.tasteVector!.readInt8(index)),
  )!
  const item = new Int8Array(ITEM_BYTES)
  packItem(vectorOf(CONTENTS, likedBy(subject)), { language: 'en', kind: 'text' }, item, 0)
  expect(pair.item).toEqual(item)
  expect(pair.viewer.language).toBe('en')
  expect([...pair.viewer.taste!].map((value) => Math.round(value * 127))).toEqual([
    ...vectorOf(TASTES, subject),
  ])
  expect(pair.weight).toBe(2)
  expect(towerExampleOf({ ...like!, labels: labelled('comment') })!.weight).toBe(4)
})

test.each([
  ['a view', { labels: labelled('view') }],
  ['a hide', { labels: labelled('hide') }],
  ['a settled slate, whose labels came before', { phase: 'settled' }],
  ['a viewer of whom nothing was known', { tasteVector: null }],
  ['a post that is not public, or says nothing', { contentVector: null }],
  ['a vector that is cut off', { contentVector: Buffer.alloc(63) }],
] as const)('%s is none', (_, changes) => {
  expect(towerExampleOf({ ...like!, ...changes })).toBeNull()
})
