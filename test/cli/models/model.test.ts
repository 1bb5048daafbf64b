import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { main } from '../../../cli/main.ts'
import { openModelAdmin } from '../../../cli/models/open.ts'
import { priorParameters } from '../../../models/prior/prior.ts'
import { writeSnapshot, type Written } from '../../../models/snapshot/write.ts'
import { comparison, fakeSnapshot, openRegistry, progress, START } from '../../models/registry/sample.ts'
import { bucketOf } from '../../../serving/experiments/bucket.ts'
import { Running } from '../running.ts'
import { freshet } from '../spawned.ts'
import { event, post, tie } from '../community.ts'

/** A heavy ranker whose every head is shifted by as much. */
const shifted = async (data: string, by: number): Promise<Written> => {
  const parameters = new Map(priorParameters('heavy'))
  parameters.set(
    'wide.bias',
    parameters.get('wide.bias')!.map((value) => value + by),
  )
  return writeSnapshot(join(data, 'models'), 'heavy', 'trained', parameters)
}

test('what is promoted and rolled back is served, by every answer and impression, and no request is dropped', async () => {
  const running = await Running.start()
  await running.take([tie('ada', 'bo', 'follow'), post('p1', 'bo'), post('p2', 'bo')])
  const { registry } = running.serving.models
  const versions = new Set<string>()
  const asked: Promise<void>[] = []
  const ask = async (): Promise<void> => {
    const { meta, items } = await running.feed({ userId: 'ada', limit: 5 })
    expect(items.length).toBeGreaterThan(0)
    expect(meta.degraded).toEqual([])
    versions.add(meta.modelVersion)
  }
  for (let index = 0; index < 5; index++) {
    const { directory } = await shifted(running.data, index / 10 + 0.1)
    expect((await registry.offer(directory, progress())).state).toBe('live')
    asked.push(ask(), running.serving.models.follow(), ask())
  }
  await Promise.all(asked)
  await running.serving.models.follow()
  const live = (await registry.live('heavy'))!
  expect((await running.feed({ userId: 'ada', limit: 5 })).meta).toMatchObject({
    modelVersion: live.version,
    modelOrigin: 'trained',
  })
  expect(versions.size).toBeGreaterThan(1)

  const admin = await openModelAdmin({ data: running.data, url: running.url })
  const back = await admin.rollback('heavy', 'odd')
  expect(back.version).not.toBe(live.version)
  expect((await running.feed({ userId: 'ada', limit: 5 })).meta.modelVersion).toBe(back.version)
  const list = await admin.list()
  expect(list.held.heavy?.reason).toBe('odd')
  await admin.promote({ model: 'heavy', version: live.version, reason: 'it was right', hold: false })
  expect((await running.feed({ userId: 'ada', limit: 5 })).meta.modelVersion).toBe(live.version)
  await expect(
    admin.promote({ model: 'heavy', version: 'nothing', reason: '', hold: false }),
  ).rejects.toThrow('MODEL_UNKNOWN')
  await expect(admin.shadow('heavy', live.version)).rejects.toThrow('is live')
  expect(await admin.shadow('light', null)).toBeNull()
})

test('a server that starts anew serves what was live, and rolls back what cannot be read', async () => {
  const running = await Running.start()
  const { directory, manifest } = await shifted(running.data, 0.5)
  await running.serving.models.registry.offer(directory, progress())
  await running.stop()
  const again = await Running.open(running.data)
  expect(again.serving.scorers.manifests.heavy.version).toBe(manifest.version)
  await again.stop()
  await writeFile(join(directory, 'model.onnx'), 'broken')
  const third = await Running.start({ data: running.data })
  expect(third.serving.scorers.manifests.heavy.origin).toBe('prior')
  expect((await third.serving.models.registry.state()).heavy.held?.reason).toContain('SNAPSHOT_CORRUPT')
})

test('a live snapshot that does not run is rolled back at the start, though its files are what its manifest says', async () => {
  const running = await Running.start()
  const { registry } = running.serving.models
  await running.stop()
  const bytes = Buffer.from('no graph')
  // As an earlier version of the registry let it go live: it begins where what is live has other columns.
  const { root } = registry
  await rm(root, { recursive: true })
  const { version } = await (
    await openRegistry(root)
  ).begin(await fakeSnapshot(root, 'text', { bytes, origin: 'trained' }))
  const again = await Running.start({ data: running.data })
  expect(again.serving.scorers.manifests.heavy.origin).toBe('prior')
  const { held, records } = (await again.serving.models.registry.state()).heavy
  expect(held?.reason).toContain('SNAPSHOT_FAILED')
  expect(records.find((each) => each.version === version)).toMatchObject({
    state: 'retired',
    isWithdrawn: true,
  })
})

test('a server that cannot start says why by a code, and ends', async () => {
  const running = await Running.start()
  await running.stop()
  await rm(join(running.data, 'models'), { recursive: true })
  await mkdir(join(running.data, 'models'))
  await writeFile(join(running.data, 'models', 'registry-000000000001.json'), 'no state')
  const ended = await freshet(running.data, 'up', '--data', running.data, '--port', '0')
  expect([ended.code, ended.stderr]).toEqual([1, expect.stringMatching(/^freshet: REGISTRY_CORRUPT/m)])
})

test('the gate, the age of what is live and how it does are told to Prometheus', async () => {
  const running = await Running.start()
  const { directory } = await shifted(running.data, 0.5)
  await running.serving.models.registry.offer(directory, progress(START, comparison(0.5, 0.75)))
  const { body } = await running.get('/metrics')
  const text = String(body['text'])
  expect(text).toContain('freshet_model_gate_refused_total{model="heavy"} 1')
  expect(text).toMatch(/freshet_model_live_age_seconds\{model="heavy"\} \d/)
  expect(text).toContain('freshet_model_calibration{model="heavy",head="like"} 1')
  expect(text).toContain('freshet_model_auc{model="heavy",head="like"} 0.5')
})

test('freshet model works on a data directory that a server is at work on', async () => {
  const running = await Running.start()
  const { directory, manifest } = await shifted(running.data, 0.5)
  await running.serving.models.registry.offer(directory, progress(START, comparison(0.5, 0.75)))
  const { version } = manifest
  const run = (...args: string[]): Promise<number> => main(['model', ...args, '--data', running.data])
  expect(await run('list')).toBe(0)
  expect(await run('show', version.slice(0, 8))).toBe(0)
  const prior = running.serving.scorers.manifests.heavy.version
  expect(await run('diff', prior, version, '--json')).toBe(0)
  expect(await run('promote', version.slice(0, 8), '--reason', 'trust me')).toBe(0)
  await running.serving.models.follow()
  expect(running.serving.scorers.manifests.heavy.version).toBe(version)
  expect(await run('rollback', 'heavy')).toBe(0)
  expect(await run('rollback', 'heavy')).toBe(1)
  expect(await run('promote', 'zzz')).toBe(1)
})

test('a shadow scores the share that is asked for of the pages that were answered, and what it says is told and not shown', async () => {
  const running = await Running.start()
  const liked = { userId: 'cy', postId: 'p1', authorId: 'bo', kind: 'like' }
  await running.take([
    tie('ada', 'bo', 'follow'),
    post('p1', 'bo'),
    post('p2', 'bo'),
    event('reactions', liked),
  ])
  const { registry, shadow, follow } = running.serving.models
  const { directory, manifest } = await shifted(running.data, 0.5)
  await registry.offer(directory, progress(START, null))
  const before = await running.feed({ userId: 'ada' })
  expect(shadow.report().pages).toBe(0)
  const at = ['--url', running.url]
  const share = 0.4
  expect(await main(['model', 'shadow', 'heavy', manifest.version, '--share', `${share}`, ...at])).toBe(0)
  const asked: string[] = []
  for (let index = 0; index < 60; index++) {
    const { meta, items } = await running.feed({ userId: 'ada', asOf: before.meta.asOf })
    asked.push(meta.requestId)
    expect(meta.modelVersion).toBe(before.meta.modelVersion)
    expect(items.map(({ score }) => score)).toEqual(before.items.map(({ score }) => score))
  }
  const expected = asked.filter((requestId) => bucketOf('shadow', requestId) < share).length
  await expect.poll(() => shadow.report().pages).toBe(expected)
  await shadow.settled()
  expect(shadow.counts).toEqual({ dropped: 0, failed: 0 })
  if (expected > 0) {
    // Each head's log-odds are higher by a half.
    expect(shadow.report().ratios!.like).toBeGreaterThan(1.4)
    expect(shadow.report().concordance).toBe(1)
  }
  const text = String((await running.get('/metrics')).body['text'])
  expect(text).toContain(`freshet_shadow_pages ${expected}`)
  // Another share of the same is another measurement.
  await registry.setShadow('heavy', manifest.version, 1)
  await follow()
  expect(shadow.report().pages).toBe(0)
  const { meta } = await running.feed({ userId: 'ada', asOf: before.meta.asOf })
  expect(meta.requestId).not.toBe('')
  await expect.poll(() => shadow.report().pages).toBe(1)
  await registry.setShadow('heavy', null)
  await follow()
  expect(shadow.report().pages).toBe(0)
  const light = (await registry.live('light'))!.version
  expect(await main(['model', 'shadow', 'light', light, ...at])).toBe(1)
})
