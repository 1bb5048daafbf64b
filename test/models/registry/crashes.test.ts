import { readdir } from 'node:fs/promises'
import { basename } from 'node:path'
import { describe, expect, test } from 'vitest'
import { Random } from '../../../engine/driver/random.ts'
import { type RegistryDisk, registryDisk } from '../../../models/registry/disk.ts'
import type { ModelRegistry } from '../../../models/registry/registry.ts'
import { temporaryDirectory } from '../../cli/temporary.ts'
import { fakeSnapshot, openRegistry, progress } from './sample.ts'

class Killed extends Error {}

/** A disk whose process dies before its n-th change: that one and all that follow are not made. */
const dyingDisk = (disk: RegistryDisk, changesLeft: number): RegistryDisk => {
  const change = async <Result>(make: () => Promise<Result>): Promise<Result> => {
    if (changesLeft-- <= 0) throw new Killed()
    return make()
  }
  return {
    ...disk,
    create: (name, text) => change(() => disk.create(name, text)),
    remove: (name) => change(() => disk.remove(name)),
  }
}

/** A step of a registry's life; a function of the seed. */
const step = async (registry: ModelRegistry, root: string, random: Random, name: string): Promise<void> => {
  const action = random.below(6)
  const records = await registry.list('heavy')
  const { version } = random.pick(records.filter(({ hasFiles }) => hasFiles))
  if (action < 3) {
    const { directory } = await fakeSnapshot(root, name)
    await registry.offer(directory, progress())
  } else if (action === 3)
    await registry.promote('heavy', version, { reason: 'by hand', hold: random.chance(0.3) })
  else if (action === 4) await registry.rollback('heavy', 'odd').catch(ignoreRefusal)
  else await registry.setShadow('heavy', version).catch(ignoreRefusal)
}

const ignoreRefusal = (error: unknown): void => {
  if (error instanceof Killed) throw error
}

const assertUsable = async (root: string): Promise<void> => {
  const registry = await openRegistry(root)
  const records = await registry.list('heavy')
  const live = records.filter(({ state }) => state === 'live')
  expect(live).toHaveLength(1)
  expect(live[0]!.hasFiles).toBe(true)
  expect(records.filter(({ state }) => state === 'shadow').length).toBeLessThan(2)
  const there = (await readdir(root)).filter((name) => name.startsWith('heavy-'))
  const wanted = records
    .filter(({ hasFiles }) => hasFiles)
    .map((record) => basename(registry.directoryOf(record)))
  expect(there).toEqual(expect.arrayContaining(wanted))
  for (const record of records.filter(({ hasFiles }) => !hasFiles))
    expect(there).not.toContain(basename(registry.directoryOf(record)))
  // And it goes on.
  const { directory, manifest } = await fakeSnapshot(root, 'afterwards')
  await registry.offer(directory, progress())
  await registry.promote('heavy', manifest.version, { reason: 'by hand' })
  expect((await registry.live('heavy'))?.version).toBe(manifest.version)
}

describe('a registry whose process is killed', () => {
  test(
    'between any two changes of the disk is usable, and holds what was promised',
    { timeout: 60_000 },
    async () => {
      for (let seed = 0; seed < 40; seed++) {
        const root = await temporaryDirectory()
        const random = new Random(seed)
        const first = await openRegistry(root)
        await first.begin(await fakeSnapshot(root, 'prior', { origin: 'prior' }))
        const disk = dyingDisk(await registryDisk(root, 'dying'), random.below(40))
        const registry = await openRegistry(root, { disk })
        let confirmed: string | undefined
        try {
          for (let index = 0; index < 20; index++) {
            await step(registry, root, random, `each ${index}`)
            confirmed = (await registry.live('heavy'))?.version
          }
        } catch (error) {
          if (!(error instanceof Killed)) throw error
          confirmed = undefined
        }
        if (confirmed !== undefined) {
          const again = await openRegistry(root)
          expect((await again.live('heavy'))?.version).toBe(confirmed)
        }
        await assertUsable(root)
      }
    },
  )
})

test.each([
  ['of names of their own', ['a', 'b', 'c']],
  // As processes in containers are, of which each is the first.
  ['of one name', ['1', '1', '1']],
])('several who change a registry at once lose nothing of each other: %s', async (_, names) => {
  const root = await temporaryDirectory()
  const writers = await Promise.all(names.map((writer) => openRegistry(root, { writer })))
  await writers[0]!.begin(await fakeSnapshot(root, 'prior', { origin: 'prior' }))
  await Promise.all(
    writers.map(async (registry, writer) => {
      for (let index = 0; index < 12; index++) {
        const { directory } = await fakeSnapshot(root, `${writer} ${index}`)
        await registry.offer(directory, progress())
      }
    }),
  )
  const records = await writers[1]!.list('heavy')
  expect(records).toHaveLength(37)
  expect(new Set(records.map(({ version }) => version)).size).toBe(37)
  expect(records.filter(({ state }) => state === 'live')).toHaveLength(1)
})

test('of all who create one file at once on one disk the first is the only one, and it is whole', async () => {
  const root = await temporaryDirectory()
  const disk = await registryDisk(root, 'one')
  for (let round = 0; round < 20; round++) {
    const texts = Array.from({ length: 8 }, (_, index) => `${index}`.repeat(10_000 * (index + 1)))
    const created = await Promise.all(texts.map((text) => disk.create(`file-${round}`, text)))
    expect(created.filter((isFirst) => isFirst)).toHaveLength(1)
    expect(await disk.read(`file-${round}`)).toBe(texts[created.indexOf(true)])
  }
  expect(await disk.list()).toHaveLength(20)
})
