import fc from 'fast-check'
import { afterEach, describe, expect, test } from 'vitest'
import { AdaptiveIndex } from '../../../models/retrieval/adaptive-index.ts'
import { ExactIndex, SEGMENT_SLOTS } from '../../../models/retrieval/exact-index.ts'
import { HnswIndex } from '../../../models/retrieval/hnsw-index.ts'
import { ITEM_DIMENSIONS, ITEM_SCALE, type VectorIndex } from '../../../models/retrieval/vector-index.ts'
import { byProduct, productOf, slotsBelow, vectorOf, vectorsAround } from './indexes.ts'

const opened: VectorIndex[] = []
afterEach(async () => {
  for (const index of opened.splice(0)) await index.dispose()
})

const open = async (create: () => Promise<VectorIndex | undefined>): Promise<VectorIndex> => {
  const index = await create()
  opened.push(index!)
  return index!
}

/** Lengths of vectors of int8 differ by a percent, which cosines see and products do not. */
const ROUNDING = 0.03

const KINDS = [
  ['exact', () => ExactIndex.create()],
  ['graph', () => HnswIndex.create()],
  ['adaptive', () => AdaptiveIndex.create()],
] as const

describe.each(KINDS)('an index, %s', (_, create) => {
  test('finds what is nearest, nearest first, with cosines', async () => {
    const index = await open(create)
    const vectors = vectorsAround(8, 300)
    index.put(slotsBelow(300), vectors)
    const query = vectorOf(vectorsAround(8, 1, 2), 0)
    const { slots, scores } = await index.search(query, 10)
    const all = new Map(Array.from(slotsBelow(300), (slot) => [slot, vectorOf(vectors, slot)]))
    const best = byProduct(all, query).slice(0, 10)
    expect(scores.length).toBe(10)
    for (const [at, slot] of slots.entries()) {
      const cosine = productOf(all.get(slot)!, query) / ITEM_SCALE ** 2
      expect(scores[at]).toBeCloseTo(cosine, 1)
      expect(Math.abs(cosine - productOf(all.get(best[at]!)!, query) / ITEM_SCALE ** 2)).toBeLessThan(
        ROUNDING,
      )
    }
  })

  test('holds what was put and not removed, each slot once, as it was put last', async () => {
    const random = vectorsAround(4, 64, 3)
    const step = fc.record({ put: fc.boolean(), slot: fc.nat(20), vector: fc.nat(63) })
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const index = await open(create)
        const held = new Map<number, Int8Array>()
        for (const { put, slot, vector } of steps) {
          const slots = Uint32Array.of(slot)
          if (put) index.put(slots, vectorOf(random, vector))
          else index.remove(slots)
          if (put) held.set(slot, vectorOf(random, vector))
          else held.delete(slot)
        }
        expect(index.size).toBe(held.size)
        const query = vectorOf(random, 0)
        const { slots } = await index.search(query, 100)
        expect(slots.toSorted()).toEqual(Uint32Array.from(held.keys()).sort())
        const products = Array.from(slots, (slot) => productOf(held.get(slot)!, query))
        for (const [at, product] of products.entries()) {
          expect(product - (products[at - 1] ?? Infinity)).toBeLessThan(ROUNDING * ITEM_SCALE ** 2)
        }
      }),
      { numRuns: 25 },
    )
  })

  test('finds nothing where nothing is', async () => {
    const index = await open(create)
    expect((await index.search(new Int8Array(ITEM_DIMENSIONS).fill(1), 5)).slots).toHaveLength(0)
    index.remove(Uint32Array.of(7))
    expect(index.size).toBe(0)
  })
})

test('the exact index merges what its segments find', async () => {
  const index = (await open(() => ExactIndex.create())) as ExactIndex
  const vectors = vectorsAround(8, 600, 4)
  const slots = Uint32Array.from(slotsBelow(600), (slot) => slot * Math.ceil((3 * SEGMENT_SLOTS) / 600))
  index.put(slots, vectors)
  const query = vectorOf(vectors, 5)
  const all = new Map(Array.from(slots, (slot, at) => [slot, vectorOf(vectors, at)]))
  const found = await index.search(query, 50)
  const products = (some: Iterable<number>): number[] =>
    Array.from(some, (slot) => productOf(all.get(slot)!, query))
  expect(products(found.slots)).toEqual(products(byProduct(all, query).slice(0, 50)))
})

describe('the adaptive index', () => {
  test('searches the graph once all is in it, whatever came and went meanwhile, and gives it up when few are left', async () => {
    const index = (await open(() => AdaptiveIndex.create(200))) as AdaptiveIndex
    const vectors = vectorsAround(8, 400, 5)
    index.put(slotsBelow(300), vectors.subarray(0, 300 * ITEM_DIMENSIONS))
    expect([await index.tend(), index.kind]).toEqual([true, 'exact'])
    index.put(Uint32Array.of(3, 299), vectors.subarray(300 * ITEM_DIMENSIONS, 302 * ITEM_DIMENSIONS))
    index.remove(Uint32Array.of(5, 298))
    while (await index.tend());
    expect(index.kind).toBe('graph')
    const { slots } = await index.search(vectorOf(vectors, 300), 298)
    expect(slots[0]).toBe(3)
    expect(slots.toSorted()).toEqual(slotsBelow(300).filter((slot) => slot !== 5 && slot !== 298))
    index.remove(slotsBelow(250))
    expect(index.kind).toBe('exact')
    expect(await index.tend()).toBe(false)
  })

  test('makes another graph of one that is worn, and finds all meanwhile', async () => {
    const index = (await open(() => AdaptiveIndex.create(100))) as AdaptiveIndex
    const vectors = vectorsAround(8, 200, 6)
    index.put(slotsBelow(200), vectors)
    while (await index.tend());
    const half = vectorsAround(8, 120, 7)
    index.put(slotsBelow(120), half)
    const held = (slot: number): Int8Array => vectorOf(slot < 120 ? half : vectors, slot)
    const all = new Map(Array.from(slotsBelow(200), (slot) => [slot, held(slot)]))
    for (let round = 0, isMore = true; isMore; round++) {
      isMore = await index.tend()
      expect(index.kind).toBe('graph')
      const { slots } = await index.search(held(round % 200), 200)
      expect(slots[0]).toBe(byProduct(all, held(round % 200))[0])
      expect(slots.toSorted()).toEqual(slotsBelow(200))
      expect(round).toBeLessThan(100)
    }
    expect(await index.tend()).toBe(false)
  })

  test('leaves vectors in a graph that have hardly drifted, and replaces those that have', async () => {
    const index = (await open(() => AdaptiveIndex.create(100))) as AdaptiveIndex
    const vectors = vectorsAround(8, 150, 8)
    const nudged = vectors.map((value, at) => (at % 7 === 0 ? value + 1 : value))
    expect(index.renew(slotsBelow(150), vectors)).toBe(0)
    expect(index.size).toBe(150)
    while (await index.tend());
    expect(index.renew(slotsBelow(150), nudged)).toBe(0)
    const others = vectorsAround(8, 150, 9)
    expect(index.renew(slotsBelow(150), others)).toBe(150)
    const { slots } = await index.search(vectorOf(others, 42), 1)
    expect(productOf(vectorOf(others, slots[0]!), vectorOf(others, 42))).toBeGreaterThan(
      0.97 * ITEM_SCALE ** 2,
    )
  })
})
