import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import { ITEM_BYTES, packItem } from '../../../models/retrieval/tower-inputs.ts'
import { SEARCHES_WAITING_MAX, SearchThread } from '../../../models/retrieval/search-thread.ts'
import { priorTowers } from '../../../models/retrieval/towers.ts'
import { CONTENT_SCALE } from '../../../processors/content/direction.ts'
import { slotsBelow, vectorOf, vectorsAround } from './indexes.ts'

const CONTENTS = vectorsAround(6, 40, 11)
const threads: SearchThread[] = []
afterEach(async () => {
  for (const thread of threads.splice(0)) await thread.close()
})

const start = (): SearchThread => {
  threads.push(SearchThread.start(priorTowers()))
  return threads.at(-1)!
}

const items = (count: number): Int8Array<ArrayBuffer> => {
  const packed = new Int8Array(count * ITEM_BYTES)
  for (let index = 0; index < count; index++) {
    packItem(vectorOf(CONTENTS, index), { language: null, kind: 'text' }, packed, index * ITEM_BYTES)
  }
  return packed
}

const viewerOf = (index: number): { taste: Float32Array; language: null } => ({
  taste: Float32Array.from(vectorOf(CONTENTS, index), (value) => value / CONTENT_SCALE),
  language: null,
})

test('a thread finds what was put and not removed, and goes on finding while towers are swapped', async () => {
  const thread = start()
  await thread.put(slotsBelow(40) as Uint32Array<ArrayBuffer>, items(40))
  const { slots, scores } = await thread.search(viewerOf(7), 3)
  expect(slots[0]).toBe(7)
  expect(scores[0]).toBeCloseTo(1, 1)
  await thread.remove(Uint32Array.of(7))
  expect([...(await thread.search(viewerOf(7), 40)).slots]).not.toContain(7)
  const swapped = thread.swap(priorTowers().map((value) => 2 * value))
  expect((await thread.search(viewerOf(8), 40)).slots).toHaveLength(39)
  await swapped
  await expect(thread.swap(new Float32Array(3))).rejects.toMatchObject({ code: 'SEARCH_FAILED' })
  expect((await thread.search(viewerOf(8), 1)).slots[0]).toBe(8)
})

test('more searches than may wait are refused, the others answered', async () => {
  const thread = start()
  await thread.put(slotsBelow(4) as Uint32Array<ArrayBuffer>, items(4))
  const asked = Array.from({ length: SEARCHES_WAITING_MAX + 1 }, () => thread.search(viewerOf(1), 1))
  const settled = await Promise.allSettled(asked)
  expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(SEARCHES_WAITING_MAX)
  expect(settled.at(-1)).toMatchObject({ reason: { code: 'SEARCH_BUSY' } })
})

test('whoever waits for a thread that dies, or asks it afterwards, is told so', async () => {
  const thread = start()
  const told = expect(thread.search(viewerOf(1), 1)).rejects.toMatchObject({
    code: 'SEARCH_CRASHED',
    recovery: 'retry',
  })
  await Promise.all([thread.close(), told])
  expect(thread.isGone).toBe(true)
  await expect(thread.remove(Uint32Array.of(1))).rejects.toMatchObject({ code: 'SEARCH_CRASHED' })
})

test('a thread that is closed at any moment of its start takes nothing with it', async () => {
  for (let round = 0; round < 24; round++) {
    const thread = start()
    const searched = Promise.allSettled([thread.search(viewerOf(1), 1)])
    await sleep(round * 10)
    await thread.close()
    const [outcome] = await searched
    if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'SEARCH_CRASHED' })
    expect(thread.isGone).toBe(true)
  }
})
