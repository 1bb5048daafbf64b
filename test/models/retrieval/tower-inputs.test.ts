import { expect, test } from 'vitest'
import { contentVectorOf } from '../../../processors/content/content-vector.ts'
import { CONTENT_SCALE } from '../../../processors/content/direction.ts'
import {
  ITEM_BYTES,
  packItem,
  readItem,
  readViewer,
  TOWER_INPUTS,
} from '../../../models/retrieval/tower-inputs.ts'
import { aPost } from '../../processors/events.ts'

const content = contentVectorOf(aPost({ text: 'quince harvest' }))!

const itemRow = (language: string | null, kind: 'text' | 'video' = 'text'): Float32Array => {
  const packed = new Int8Array(2 * ITEM_BYTES)
  packItem(content, { language, kind }, packed, ITEM_BYTES)
  const row = new Float32Array(TOWER_INPUTS).fill(7)
  readItem(packed, ITEM_BYTES, row, 0)
  return row
}

test('a post is read as it was packed: content, language and kind', () => {
  const row = itemRow('de', 'video')
  expect(Array.from(row.subarray(0, content.length), (value) => Math.round(value * CONTENT_SCALE))).toEqual([
    ...content,
  ])
  expect(row.subarray(content.length).reduce((sum, value) => sum + value, 0)).toBe(2)
  expect(
    itemRow(null)
      .subarray(content.length)
      .reduce((sum, value) => sum + value, 0),
  ).toBe(1)
})

test('a viewer and a post of one language, regions aside, have the same place set', () => {
  const row = new Float32Array(TOWER_INPUTS).fill(7)
  readViewer({ taste: null, language: 'de-AT' }, row, 0)
  const places = (values: Float32Array): number[] =>
    [...values.keys()].filter((at) => at >= content.length && values[at] === 1)
  expect(places(itemRow('de'))).toContain(places(row)[0])
  expect(places(itemRow('fil'))).toEqual(places(itemRow('fil-ph')))
  expect(places(itemRow('fil'))).not.toEqual(places(itemRow('fi')))
  expect(row.subarray(0, content.length).every((value) => value === 0)).toBe(true)
})
