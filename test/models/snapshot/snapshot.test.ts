import { cp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { Random } from '../../../engine/driver/random.ts'
import { decodeTables, encodeTables } from '../../../models/embeddings/bytes.ts'
import { EmbeddingTables } from '../../../models/embeddings/tables.ts'
import { priorParameters } from '../../../models/prior/prior.ts'
import { writePrior, writePriors } from '../../../models/prior/snapshots.ts'
import { HEAVY_NETWORK } from '../../../models/rankers.ts'
import { rankingRow } from '../../../models/ranking-row.ts'
import { readTowers } from '../../../models/retrieval/tower-snapshot.ts'
import { type SnapshotManifest, withVersion } from '../../../models/snapshot/manifest.ts'
import { readSnapshot } from '../../../models/snapshot/read.ts'
import { writeSnapshot } from '../../../models/snapshot/write.ts'
import { temporaryDirectory } from '../../cli/temporary.ts'

const heavySnapshot = async (): Promise<{ root: string; directory: string; manifest: SnapshotManifest }> => {
  const root = await temporaryDirectory()
  return { root, ...(await writeSnapshot(root, 'heavy', 'prior', priorParameters('heavy'))) }
}

const rewriteManifest = async (
  directory: string,
  change: (manifest: SnapshotManifest) => unknown,
): Promise<void> => {
  const file = join(directory, 'manifest.json')
  const manifest = JSON.parse(await readFile(file, 'utf8')) as SnapshotManifest
  await writeFile(file, JSON.stringify(change(manifest)))
}

describe('a snapshot', () => {
  test('is read back as it was written', async () => {
    const { directory, manifest } = await heavySnapshot()
    const read = await readSnapshot(directory, 'heavy')
    expect(read.manifest).toEqual(manifest)
    expect(manifest).toMatchObject({ model: 'heavy', origin: 'prior', columnsHash: rankingRow.hash })
    expect(read.bytes.length).toBe(manifest.files['model.onnx']!.bytes)
  })

  test('has one version for one content, and another for any other', async () => {
    const { root, directory, manifest } = await heavySnapshot()
    const again = await writeSnapshot(root, 'heavy', 'prior', priorParameters('heavy'))
    expect(again).toEqual({ directory, manifest })
    expect(await readdir(root)).toHaveLength(1)

    const changed = new Map(priorParameters('heavy'))
    changed.set(
      'wide.bias',
      changed.get('wide.bias')!.map((value) => value + 1),
    )
    const other = await writeSnapshot(root, 'heavy', 'trained', changed)
    expect(other.manifest.version).not.toBe(manifest.version)
    expect(await readdir(root)).toHaveLength(2)
  })

  test('names its vectors where it has any, and is then another one', async () => {
    const { root, manifest } = await heavySnapshot()
    expect(manifest.embeddings).toBeUndefined()
    const tables = new EmbeddingTables({ dimensions: 16, rows: [8, 8, 8, 8] })
    const written = await writeSnapshot(root, 'heavy', 'prior', priorParameters('heavy'), tables)
    const read = await readSnapshot(written.directory, 'heavy')
    expect(read.manifest).toEqual(written.manifest)
    expect(read.manifest.embeddings).toEqual(HEAVY_NETWORK.embeddings)
    expect(encodeTables(decodeTables(read.embeddings!))).toEqual(encodeTables(tables))
    // One that reads no contents still serves; one that reads others does not.
    const { contents: __, ...entitiesAlone } = HEAVY_NETWORK.embeddings!
    const { embeddings: _, ...rest } = written.manifest
    await rewriteManifest(written.directory, () => withVersion({ ...rest, embeddings: entitiesAlone }))
    expect((await readSnapshot(written.directory, 'heavy')).manifest.version).not.toBe(rest.version)
    const wider = { ...entitiesAlone, contents: { dimensions: 65 } }
    await rewriteManifest(written.directory, () => withVersion({ ...rest, embeddings: wider }))
    await expect(readSnapshot(written.directory, 'heavy')).rejects.toThrow('contents of 65')
    await rewriteManifest(written.directory, () => withVersion(rest))
    await expect(readSnapshot(written.directory, 'heavy')).rejects.toThrow('do not come together')
    const others = { entities: ['user', 'page'], dimensions: 16 }
    await rewriteManifest(written.directory, () => withVersion({ ...written.manifest, embeddings: others }))
    await expect(readSnapshot(written.directory, 'heavy')).rejects.toThrow('SNAPSHOT_COLUMNS')
  })

  test('replaces what a writer that died left behind', async () => {
    const { root, directory, manifest } = await heavySnapshot()
    await rm(join(directory, 'manifest.json'))
    await writeFile(join(directory, 'left-over'), '')
    await writeSnapshot(root, 'heavy', 'prior', priorParameters('heavy'))
    expect((await readSnapshot(directory, 'heavy')).manifest).toEqual(manifest)
    expect(await readdir(root)).toEqual([`heavy-${manifest.version}`])
    expect((await readdir(directory)).sort()).toEqual(['manifest.json', 'model.onnx'])
  })

  test('is one, where several processes begin with it at once: none takes it away from the others', async () => {
    for (let round = 0; round < 5; round++) {
      const root = await temporaryDirectory()
      const places = new Set<number>()
      const begin = async (): Promise<void> => {
        const { directory } = await writePrior(root, 'retrieval')
        places.add((await stat(directory)).ino)
        await readTowers(directory)
      }
      await Promise.all(Array.from({ length: 6 }, begin))
      expect(places.size).toBe(1)
      expect(await readdir(root)).toHaveLength(1)
    }
  })
})

describe('refused is', () => {
  test('a directory without a manifest, such as a half-written one', async () => {
    const { root, directory } = await heavySnapshot()
    await expect(readSnapshot(join(root, 'nothing'), 'heavy')).rejects.toThrow('SNAPSHOT_MISSING')
    await rm(join(directory, 'manifest.json'))
    await expect(readSnapshot(directory, 'heavy')).rejects.toThrow('SNAPSHOT_MISSING')
  })

  test('a model file that is missing, cut short or changed in any one bit', async () => {
    const { root, directory } = await heavySnapshot()
    const model = await readFile(join(directory, 'model.onnx'))
    const random = new Random(1)
    for (let round = 0; round < 50; round++) {
      const broken = Buffer.from(model)
      broken[random.below(broken.length)]! ^= 1 << random.below(8)
      const bytes = random.chance(0.5) ? broken : model.subarray(0, random.below(model.length))
      await writeFile(join(directory, 'model.onnx'), bytes)
      await expect(readSnapshot(directory, 'heavy')).rejects.toThrow(
        `SNAPSHOT_CORRUPT: model.onnx in ${directory} is not the file`,
      )
    }
    await rm(join(directory, 'model.onnx'))
    await expect(readSnapshot(directory, 'heavy')).rejects.toThrow(
      `SNAPSHOT_CORRUPT: model.onnx in ${directory}`,
    )
    expect(await readdir(root)).toHaveLength(1)
  })

  test('a manifest cut short anywhere', async () => {
    const { directory } = await heavySnapshot()
    const file = join(directory, 'manifest.json')
    const text = (await readFile(file, 'utf8')).trimEnd()
    const random = new Random(2)
    for (let round = 0; round < 50; round++) {
      await writeFile(file, text.slice(0, random.below(text.length)))
      await expect(readSnapshot(directory, 'heavy')).rejects.toThrow('SNAPSHOT_CORRUPT')
    }
  })

  test.each<[string, (manifest: SnapshotManifest) => unknown]>([
    ['format is 2', (manifest) => ({ ...manifest, format: 2 })],
    ['model is none of', (manifest) => ({ ...manifest, model: 'middle' })],
    ['origin is none of', (manifest) => ({ ...manifest, origin: 'dreamt' })],
    ['columns is no list', (manifest) => ({ ...manifest, columns: [1] })],
    ['heads is no list', (manifest) => ({ ...manifest, heads: 'click' })],
    ['embeddings is no list', (manifest) => ({ ...manifest, embeddings: { entities: 'user' } })],
    [
      'embeddings is no list',
      (manifest) => ({ ...manifest, embeddings: { entities: ['u', 'a'], dimensions: 2, contents: 64 } }),
    ],
    ['columnsHash is no text', (manifest) => ({ ...manifest, columnsHash: 1 })],
    ['files is no map', (manifest) => ({ ...manifest, files: {} })],
    [
      'files is no map',
      (manifest) => ({ ...manifest, files: { ...manifest.files, '../x': { bytes: 1, sha256: '' } } }),
    ],
    ['version is', (manifest) => ({ ...manifest, origin: 'trained' })],
    ['version is', (manifest) => ({ ...manifest, version: undefined })],
    ['is no JSON object', () => []],
  ])('a manifest whose %s', async (message, change) => {
    const { directory } = await heavySnapshot()
    await rewriteManifest(directory, change)
    await expect(readSnapshot(directory, 'heavy')).rejects.toThrow(
      `SNAPSHOT_CORRUPT: the manifest in ${directory}: ${message}`,
    )
  })

  test('a snapshot of other columns, saying which, and what to do', async () => {
    const { directory } = await heavySnapshot()
    await rewriteManifest(directory, (manifest) =>
      withVersion({ ...manifest, columns: ['x', ...manifest.columns.slice(1)], columnsHash: 'feed' }),
    )
    const refusal = await readSnapshot(directory, 'heavy').catch((error: unknown) => error)
    expect(refusal).toMatchObject({ code: 'SNAPSHOT_COLUMNS', recovery: 'stop' })
    expect(String(refusal)).toContain(
      `has columns feed, this code fills ${rankingRow.hash} (column 0: x there`,
    )
  })

  test('a snapshot of other heads, or of the other model', async () => {
    const { root, directory } = await heavySnapshot()
    await cp(directory, join(root, 'copy'), { recursive: true })
    await rewriteManifest(join(root, 'copy'), (manifest) => withVersion({ ...manifest, heads: ['click'] }))
    await expect(readSnapshot(join(root, 'copy'), 'heavy')).rejects.toThrow('SNAPSHOT_COLUMNS')
    await expect(readSnapshot(directory, 'light')).rejects.toThrow('is of the heavy model, not of the light')
  })
})

test('the priors of all models are written side by side', async () => {
  const root = await temporaryDirectory()
  const { heavy, light, retrieval } = await writePriors(root)
  expect((await readdir(root)).sort()).toEqual([
    `heavy-${heavy.manifest.version}`,
    `light-${light.manifest.version}`,
    `retrieval-${retrieval.manifest.version}`,
  ])
  expect((await readSnapshot(light.directory, 'light')).manifest.origin).toBe('prior')
})
