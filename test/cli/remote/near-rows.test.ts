import { expect, test } from 'vitest'
import { followPosts } from '../../../cli/remote/near-rows.ts'
import { ByteWriter } from '../../../engine/bytes.ts'
import { keyOf } from '../../../engine/key.ts'
import type { LogSession } from '../../../engine/log/port.ts'
import { SimulatedLog } from '../../../engine/log/simulated.ts'
import { CATALOGUE, CATALOGUE_NUMBER } from '../../../engine/state/block-cursor.ts'
import { NearCache } from '../../../features/store/near-cache.ts'
import type { FollowedStore } from '../../../features/store/port.ts'
import { millis } from '../../../schemas/ids.ts'
import { entry } from '../../conformance/frames.ts'

const STORE = 'post-attributes'
const NUMBER = 1
const KEY = keyOf('p')
const ASKED_AT_MS = 900

const writeEntry = (block: ByteWriter, store: number, key: Buffer, row: Buffer): void => {
  block.u16(store)
  block.u16(key.length)
  block.u32(row.length)
  block.bytes(key)
  block.bytes(row)
}

const commit = async (session: LogSession, row: string): Promise<void> => {
  const block = new ByteWriter()
  for (const [number, name] of [CATALOGUE, STORE].entries()) {
    writeEntry(block, CATALOGUE_NUMBER, Buffer.from(name), Buffer.of(number, 0))
  }
  writeEntry(block, NUMBER, KEY, Buffer.from(row))
  // Who waits for news is told of what is appended.
  await session.commit({ positions: [], outputs: [entry('told', 0, 'news')], changelog: block.copy() })
}

/** A store without a mark, so that the changelog is followed from its first block. */
const unmarked: FollowedStore = {
  apply: () => Promise.resolve(),
  position: () => Promise.resolve({ sequence: 0, newest: -1 }),
  readRow: () => Promise.resolve(null),
  clear: () => Promise.resolve(),
}

test('what Redis has already puts nothing over what was read, and what it has not, is as of when that was known', async () => {
  const log = new SimulatedLog({ clock: () => millis(0) })
  await log.createTopics([{ name: 'told', partitions: 1, retentionMs: Infinity }])
  const session = await log.session('post-0')
  const time = { ms: 1_000 }
  const cache = new NearCache(
    { readRows: async (_store, keys) => keys.map(() => Buffer.from('read')) },
    {
      rowsMax: 10,
      freshMsMax: 200,
      staleMsMax: 1_000,
      isShared: () => true,
      isKept: () => true,
      monotonicMs: () => time.ms,
    },
  )
  const near = async (): Promise<string> => {
    const [row] = await cache.readRows(STORE, [KEY])
    return String(row)
  }
  await near()
  await commit(session, 'old')
  const sink = await followPosts({
    log,
    store: unmarked,
    cache,
    partitions: 1,
    mark: () => ({ sequence: 1 }),
    markedAtMs: () => ASKED_AT_MS,
    storesOf: () => [STORE],
    monotonicMs: () => time.ms,
    failed: (error) => {
      throw error
    },
  })
  await expect.poll(() => sink.lag()).toEqual({ offsets: 0, unknown: 0 })
  expect(await near()).toBe('read')
  await commit(session, 'new')
  await expect.poll(near).toBe('new')
  expect(cache.counts.heard).toBe(1)
  time.ms = ASKED_AT_MS + 201
  expect(await near()).toBe('read')
  await sink.close()
})
