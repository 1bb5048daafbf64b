import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { systemClock } from '../../../cli/runtime/clock.ts'
import { openModels, openRegistry } from '../../../cli/serving/models.ts'
import { writePrior } from '../../../models/prior/snapshots.ts'
import { REGISTERED_MODELS } from '../../../models/registry/record.ts'
import { priorTowers } from '../../../models/retrieval/towers.ts'
import { writeTowers } from '../../../models/retrieval/tower-snapshot.ts'
import { TOWERS_FILE } from '../../../models/snapshot/manifest.ts'
import { temporaryDirectory } from '../temporary.ts'

test('servers that begin together over a torn live snapshot take it back once, and all serve the one before', async () => {
  const data = await temporaryDirectory()
  const registry = await openRegistry(data, systemClock)
  for (const model of REGISTERED_MODELS) await registry.begin(await writePrior(registry.root, model))
  const versions: string[] = []
  for (const scale of [1.1, 1.2, 1.3]) {
    const towers = priorTowers().map((value) => value * scale)
    const { directory, manifest } = await writeTowers(registry.root, 'trained', towers)
    await registry.offer(directory, { examples: 0, trainedUntil: null, comparison: null })
    await registry.promote('retrieval', manifest.version, { reason: 'by hand' })
    versions.push(manifest.version)
  }
  const torn = join(registry.directoryOf((await registry.live('retrieval'))!), TOWERS_FILE)
  const bytes = await readFile(torn)
  bytes[0]! ^= 1
  await writeFile(torn, bytes)
  const told: unknown[] = []
  const opened = await Promise.all(
    Array.from({ length: 4 }, () =>
      openModels({ data, clock: systemClock, workers: 1, failed: (error) => told.push(error) }),
    ),
  )
  for (const models of opened) await models.close()
  expect(told.length).toBeGreaterThan(0)
  expect(opened.map(({ towers }) => towers.manifest.version)).toEqual(opened.map(() => versions[1]))
  const records = await registry.list('retrieval')
  expect(records.map(({ state, isWithdrawn }) => [state, isWithdrawn])).toEqual([
    ['retired', false],
    ['retired', false],
    ['live', false],
    ['retired', true],
  ])
})
