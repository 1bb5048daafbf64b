import { expect, test } from 'vitest'
import { ModelError } from '../../../models/errors.ts'
import { RegistryFollower } from '../../../models/registry/follower.ts'
import type { RegisteredModel } from '../../../models/registry/record.ts'
import { type ModelName, MODELS, type SnapshotManifest } from '../../../models/snapshot/manifest.ts'
import { readManifest } from '../../../models/snapshot/read.ts'
import { temporaryDirectory } from '../../cli/temporary.ts'
import { fakeSnapshot, openRegistry, progress } from './sample.ts'

/** Serves what it is told, but what is broken. */
class Scorers {
  manifests: Record<ModelName, SnapshotManifest>
  readonly broken = new Set<string>()
  swaps = 0

  constructor(manifests: Record<ModelName, SnapshotManifest>) {
    this.manifests = manifests
  }

  async swap(model: ModelName, directory: string): Promise<SnapshotManifest> {
    const manifest = await readManifest(directory)
    if (this.broken.has(manifest.version)) throw new ModelError('SNAPSHOT_FAILED', manifest.version)
    this.swaps++
    this.manifests = { ...this.manifests, [model]: manifest }
    return manifest
  }
}

const following = async () => {
  const root = await temporaryDirectory()
  const registry = await openRegistry(root)
  const heavy = await fakeSnapshot(root, 'heavy prior', { origin: 'prior' })
  const light = await fakeSnapshot(root, 'light prior', { origin: 'prior', model: 'light' })
  for (const each of [heavy, light]) await registry.begin(each)
  const scorers = new Scorers({ heavy: heavy.manifest, light: light.manifest })
  const failures: string[] = []
  const failed = (model: RegisteredModel): void => void failures.push(model)
  const time = { ms: 0 }
  const follower = new RegistryFollower({ registry, clock: { monotonicMs: () => time.ms }, failed })
  for (const model of MODELS) {
    const { version } = scorers.manifests[model]
    follower.serve(model, { version, swap: (directory) => scorers.swap(model, directory) })
  }
  return { root, registry, scorers, follower, time, failures, heavy, light }
}

test('what goes live is swapped in once, and only of its model', async () => {
  const { root, registry, scorers, follower, light } = await following()
  await follower.check()
  expect(scorers.swaps).toBe(0)
  const { directory, manifest } = await fakeSnapshot(root, 'one')
  await registry.offer(directory, progress())
  await Promise.all([follower.check(), follower.check(), follower.check()])
  expect(scorers.swaps).toBe(1)
  expect(scorers.manifests).toMatchObject({ heavy: { version: manifest.version }, light: light.manifest })
  await registry.rollback('heavy', 'odd')
  await follower.check()
  expect(scorers.manifests.heavy.version).toBe((await registry.live('heavy'))?.version)
})

test('what cannot be served is not tried at each look, and what served goes on until something else goes live', async () => {
  const { root, registry, scorers, follower, failures, heavy } = await following()
  const bad = await fakeSnapshot(root, 'bad')
  scorers.broken.add(bad.manifest.version)
  await registry.offer(bad.directory, progress())
  await follower.check()
  await follower.check()
  expect(failures).toEqual(['heavy'])
  expect(scorers.manifests.heavy).toEqual(heavy.manifest)
  const good = await fakeSnapshot(root, 'good')
  await registry.offer(good.directory, progress())
  await follower.check()
  expect(scorers.manifests.heavy).toEqual(good.manifest)
})

test('what could not be served once, such as what was rolled back to, is tried again after pauses that grow', async () => {
  const { root, registry, scorers, follower, time, failures, heavy } = await following()
  const { directory, manifest } = await fakeSnapshot(root, 'odd')
  await registry.offer(directory, progress())
  await follower.check()
  expect(scorers.manifests.heavy).toEqual(manifest)
  await registry.rollback('heavy', 'odd')
  scorers.broken.add(heavy.manifest.version)
  const triedAt: number[] = []
  for (; time.ms < 120_000; time.ms += 500) {
    const before = failures.length
    await follower.check()
    if (failures.length > before) triedAt.push(time.ms / 1_000)
  }
  expect(triedAt).toEqual([0, 1, 3, 7, 15, 31, 61, 91])
  expect(scorers.manifests.heavy).toEqual(manifest)
  scorers.broken.clear()
  time.ms += 30_000
  await follower.check()
  expect(scorers.manifests.heavy).toEqual(heavy.manifest)
})

test('a version that goes live anew is tried at once', async () => {
  const { root, registry, scorers, follower, failures, heavy } = await following()
  const { directory, manifest } = await fakeSnapshot(root, 'odd')
  await registry.offer(directory, progress())
  scorers.broken.add(manifest.version)
  await follower.check()
  await registry.rollback('heavy', 'odd')
  await follower.check()
  scorers.broken.clear()
  await registry.promote('heavy', manifest.version, { reason: 'mended' })
  await follower.check()
  expect(failures).toEqual(['heavy'])
  expect(scorers.manifests.heavy).toEqual(manifest)
  expect(scorers.manifests.heavy).not.toEqual(heavy.manifest)
})
