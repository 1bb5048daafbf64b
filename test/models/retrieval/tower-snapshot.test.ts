import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ModelRegistry } from '../../../models/registry/registry.ts'
import { readTowers, writeTowers } from '../../../models/retrieval/tower-snapshot.ts'
import { priorTowers } from '../../../models/retrieval/towers.ts'
import { type SnapshotManifest, withVersion } from '../../../models/snapshot/manifest.ts'
import { temporaryDirectory } from '../../cli/temporary.ts'
import { ticking } from '../registry/sample.ts'

/** The manifest as it would be of towers that read something else. */
const readingOthers = async (directory: string): Promise<void> => {
  const file = join(directory, 'manifest.json')
  const { version: _, ...manifest } = JSON.parse(await readFile(file, 'utf8')) as SnapshotManifest
  const changed = withVersion({ ...manifest, columnsHash: '0123456789abcdef' })
  await writeFile(file, JSON.stringify(changed))
}

test('towers are read back as they were written, and equal ones are one version', async () => {
  const root = await temporaryDirectory()
  const { directory, manifest } = await writeTowers(root, 'prior', priorTowers())
  const read = await readTowers(directory)
  expect(read).toEqual({ manifest, parameters: priorTowers() })
  expect(await writeTowers(root, 'prior', priorTowers())).toEqual({ directory, manifest })
  const other = priorTowers().fill(0.5, 0, 1)
  expect((await writeTowers(root, 'trained', other)).manifest.version).not.toBe(manifest.version)
})

test('towers that read other inputs, are cut off or are not numbers do not serve', async () => {
  const root = await temporaryDirectory()
  const cut = await writeTowers(root, 'trained', priorTowers().subarray(1))
  await expect(readTowers(cut.directory)).rejects.toThrow('SNAPSHOT_CORRUPT')
  const odd = await writeTowers(root, 'trained', priorTowers().fill(Number.NaN, 7, 8))
  await expect(readTowers(odd.directory)).rejects.toThrow('SNAPSHOT_CORRUPT')
  const { directory } = await writeTowers(root, 'trained', priorTowers())
  await readingOthers(directory)
  await expect(readTowers(directory)).rejects.toThrow('SNAPSHOT_COLUMNS')
  const registry = await ModelRegistry.open(root, { now: ticking(), writer: 'test' })
  const refused = await registry.offer(directory, { examples: 1, trainedUntil: null, comparison: null })
  expect(refused).toMatchObject({ model: 'retrieval', state: 'refused', columnsHash: '0123456789abcdef' })
})
