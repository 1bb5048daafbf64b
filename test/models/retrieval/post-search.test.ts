import { expect, test } from 'vitest'
import { Random } from '../../../engine/driver/random.ts'
import { PostSearch } from '../../../models/retrieval/post-search.ts'
import { ITEM_BYTES, packItem } from '../../../models/retrieval/tower-inputs.ts'
import { priorTowers } from '../../../models/retrieval/towers.ts'
import { ITEM_SCALE } from '../../../models/retrieval/vector-index.ts'
import { slotsBelow, vectorOf, vectorsAround } from './indexes.ts'

const POSTS = 200
const GRAPH_FROM = 100

const itemsOf = (contents: Int8Array): Int8Array => {
  const items = new Int8Array(POSTS * ITEM_BYTES)
  for (let index = 0; index < POSTS; index++) {
    packItem(vectorOf(contents, index), { language: null, kind: 'text' }, items, index * ITEM_BYTES)
  }
  return items
}

test('a search that settles has built its graph, and has nothing left to do behind searches', async () => {
  const items = itemsOf(vectorsAround(6, POSTS, 11))
  const search = await PostSearch.create(priorTowers(), GRAPH_FROM)
  search.put(slotsBelow(POSTS), items)
  expect(search.kind).toBe('exact')
  await search.settle()
  expect(search.kind).toBe('graph')
  expect(await search.tend()).toBe(false)
  await search.dispose()
})

test('after new towers a search by graph finds what one over every vector finds', async () => {
  const contents = vectorsAround(6, POSTS, 12)
  const items = itemsOf(contents)
  const random = new Random(3)
  const towers = priorTowers().map((weight) => weight + 0.2 * (random.next() - 0.5))
  const [graph, exact] = [await PostSearch.create(priorTowers(), GRAPH_FROM), await PostSearch.create(towers)]
  for (const each of [graph, exact]) each.put(slotsBelow(POSTS), items)
  await graph.settle()
  graph.swap(towers)
  await graph.settle()
  expect([graph.kind, exact.kind]).toEqual(['graph', 'exact'])
  for (let viewer = 0; viewer < 10; viewer++) {
    const taste = Float32Array.from(vectorOf(contents, viewer), (value) => value / ITEM_SCALE)
    const side = { taste, language: null }
    const [found, truth] = [await graph.search(side, 20), await exact.search(side, 20)]
    for (const [at, score] of truth.scores.entries()) expect(found.scores[at]! - score).toBeGreaterThan(-0.05)
  }
  await graph.dispose()
  await exact.dispose()
})
