import { setTimeout as pause } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { main } from '../../../cli/main.ts'
import type { ModelRecord, RegisteredModel } from '../../../models/registry/record.ts'
import { towerExampleOf } from '../../../models/retrieval/tower-examples.ts'
import type { TowerExample } from '../../../models/retrieval/tower-learner.ts'
import { FollowedTopic } from '../../../models/training/followed-topic.ts'
import { sha256Of } from '../../../models/snapshot/manifest.ts'
import { readManifest } from '../../../models/snapshot/read.ts'
import type { Contract } from '../../../schemas/contract.ts'
import { type Example, examples } from '../../../schemas/examples/index.ts'
import { rankingSamples } from '../../../schemas/ranking-samples/index.ts'
import { loggedSamples } from '../../models/distillation/samples.ts'
import { pairStream } from '../../models/retrieval/pairs.ts'
import { event, post, reaction, tie } from '../community.ts'
import { Running } from '../running.ts'

const POSTS = 60
const SNAPSHOT_MS = 500

const append = async <Value>(
  { embedded }: Running,
  values: readonly Value[],
  contract: Contract<Value>,
): Promise<void> => {
  const publisher = embedded.publisher()
  for (const value of values) publisher.add({ contract, value })
  await publisher.flush()
}

/** Posts by people that ada follows, and by strangers; she likes some. */
const community = async (running: Running): Promise<void> => {
  const posts = Array.from({ length: POSTS }, (_, index) =>
    post(`p${index}`, `author-${index % 6}`, {
      text: index % 2 === 0 ? 'Fresh bread and butter' : 'Old maps',
    }),
  )
  await running.take([tie('ada', 'author-0', 'follow'), tie('ada', 'author-1', 'follow'), ...posts])
  await running.take(
    ['p2', 'p4', 'p8'].map((id) => reaction('ada', id, `author-${Number(id.slice(1)) % 6}`, 'like')),
  )
}

/** Asks for feeds until told to stop; answers how many there were. One that fails fails the test. */
const askOn = (running: Running): (() => Promise<number>) => {
  const stopping = new AbortController()
  const asking = (async (): Promise<number> => {
    let answered = 0
    for (; !stopping.signal.aborted; answered++) {
      const { meta } = await running.feed({ userId: 'ada' })
      expect(meta.degraded).toEqual([])
      await pause(20)
    }
    return answered
  })()
  return () => {
    stopping.abort()
    return asking
  }
}

/** Whether it ranks by the light ranker that is live. */
const ranksByLive = async (running: Running): Promise<boolean> => {
  const { meta } = await running.feed({ userId: 'ada' })
  return meta.lightModelVersion === (await running.serving.models.registry.live('light'))!.version
}

/** Whether it searches by the towers that are live. */
const searchesByLive = async ({ serving }: Running): Promise<boolean> => {
  const { registry } = serving.models
  const { files } = await readManifest(registry.directoryOf((await registry.live('retrieval'))!))
  const { buffer } = serving.retrieval!.towers.parameters
  return sha256Of(new Uint8Array(buffer)) === files['towers.bin']!.sha256
}

const OTHERS = ['light', 'retrieval'] as const

test('what the light ranker and retrieval learn goes live and is swapped in while feeds are answered', async () => {
  const running = await Running.start({ learns: true, trainer: { snapshotMs: SNAPSHOT_MS } })
  const { registry, follow } = running.serving.models
  const live = async (model: RegisteredModel): Promise<ModelRecord> => (await registry.live(model))!
  await community(running)
  await expect.poll(() => running.serving.retrieval!.isReady, { timeout: 10_000 }).toBe(true)
  const stop = askOn(running)
  onTestFinished(async () => void (await stop()))
  // Twice: what is offered first has too little to be judged by.
  for (const seed of [1, 2]) {
    await append(running, loggedSamples(64, seed), rankingSamples)
    await append(running, pairStream(600, seed), examples)
    await pause(SNAPSHOT_MS)
  }
  for (const model of OTHERS)
    await expect.poll(async () => (await live(model)).origin, { timeout: 20_000 }).toBe('trained')
  await expect.poll(() => ranksByLive(running)).toBe(true)
  await expect.poll(() => searchesByLive(running)).toBe(true)
  expect(await stop()).toBeGreaterThan(0)

  const run = (...args: string[]): Promise<number> => main(['model', ...args, '--data', running.data])
  // Another snapshot may still be under way, and would be what is rolled back.
  const resting = async (model: RegisteredModel): Promise<ModelRecord> => {
    for (let before = await live(model); ;) {
      await pause(5 * SNAPSHOT_MS)
      const now = await live(model)
      if (now.version === before.version) return now
      before = now
    }
  }
  for (const model of OTHERS) {
    const { version, parent } = await resting(model)
    expect(await run('diff', parent!, version)).toBe(0)
    expect(await run('rollback', model)).toBe(0)
    expect((await live(model)).version).not.toBe(version)
    await follow()
    expect(await run('promote', version)).toBe(0)
  }
  await follow()
  expect([await ranksByLive(running), await searchesByLive(running)]).toEqual([true, true])
  await running.stop()

  // After a restart what is live serves from the start, and not the prior.
  const again = await Running.start({ data: running.data })
  expect((await again.serving.models.registry.live('retrieval'))!.origin).toBe('trained')
  expect([await ranksByLive(again), await searchesByLive(again)]).toEqual([true, true])
})

test('a like of a public post becomes a pair for the towers, and one of a post for friends none', async () => {
  const running = await Running.start()
  await running.take([
    tie('ada', 'bo', 'friend'),
    tie('bo', 'ada', 'friend'),
    post('open', 'bo', { text: 'Fresh bread and butter', language: 'en' }),
    post('closed', 'bo', { text: 'Fresh bread and butter', audience: 'friends' }),
    event('profiles', { userId: 'ada', interests: ['bread'], language: 'en' }),
  ])
  const { items, meta } = await running.feed({ userId: 'ada' })
  expect(items.map(({ postId }) => postId).sort()).toEqual(['closed', 'open'])
  const at = Date.now()
  const { requestId } = meta
  await running.take(['open', 'closed'].map((id) => reaction('ada', id, 'bo', 'like', { requestId, at })))
  const { log } = running.embedded
  const found: Example[] = []
  const topic = new FollowedTopic(
    { partitions: 1, read: (partition, offset) => log.read('examples', partition, offset, 1 << 20) },
    examples,
    [0],
  )
  const read = async (): Promise<number> => {
    for (const frame of await topic.read(0))
      for (const { value } of topic.records(0, frame)) found.push(value)
    return found.length
  }
  await expect.poll(read, { timeout: 10_000 }).toBe(2)
  const pairOf = (id: string): TowerExample | null =>
    towerExampleOf(found.find(({ postId }) => postId === id)!)
  expect(pairOf('open')).toMatchObject({ postId: 'open', viewer: { language: 'en' }, weight: 2 })
  // She says that she likes bread, and it is about bread.
  const { viewer, item } = pairOf('open')!
  expect(viewer.taste!.reduce((sum, value, index) => sum + value * item[index]!, 0)).toBeGreaterThan(20)
  expect(pairOf('closed')).toBeNull()
})
