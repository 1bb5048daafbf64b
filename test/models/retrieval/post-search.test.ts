import { expect, test } from 'vitest'
import { PostSearch } from '../../../models/retrieval/post-search.ts'
import { ITEM_BYTES, packItem } from '../../../models/retrieval/tower-inputs.ts'
import { priorTowers } from '../../../models/retrieval/towers.ts'
import { slotsBelow, vectorOf, vectorsAround } from './indexes.ts'

const POSTS = 200
const GRAPH_FROM = 100

test('a search that settles has built its graph, and has nothing left to do behind searches', async () => {
  const contents = vectorsAround(6, POSTS, 11)
  const items = new Int8Array(POSTS * ITEM_BYTES)
  for (let index = 0; index < POSTS; index++) {
    packItem(vectorOf(contents, index), { language: null, kind: 'text' }, items, index * ITEM_BYTES)
  }
  const search = await PostSearch.create(priorTowers(), GRAPH_FROM)
  search.put(slotsBelow(POSTS), items)
  expect(search.kind).toBe('exact')
  await search.settle()
  expect(search.kind).toBe('graph')
  expect(await search.tend()).toBe(false)
  await search.dispose()
})
