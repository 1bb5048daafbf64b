import { mkdir, open, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { onnxModel } from '../onnx/model.ts'
import type { Parameters } from '../network/parameters.ts'
import { servingGraph } from '../network/serving-graph.ts'
import { NETWORKS } from '../rankers.ts'
import {
  MANIFEST_FORMAT,
  MODEL_FILE,
  type ModelName,
  type Origin,
  sha256Of,
  type SnapshotManifest,
  withVersion,
} from './manifest.ts'
import { holdsManifest, MANIFEST_FILE } from './read.ts'

/** A snapshot on disk. */
export interface Written {
  readonly directory: string
  readonly manifest: SnapshotManifest
}

/**
 * Writes a snapshot of a ranker into `root/MODEL-VERSION`, whole or not at all: files are written and synced
 * beside it under a name that is no snapshot's, then the directory is renamed. Equal content is written once.
 * One writer a root. Throws `NETWORK_INVALID`, and what the disk says.
 */
export const writeSnapshot = async (
  root: string,
  model: ModelName,
  origin: Origin,
  parameters: Parameters,
): Promise<Written> => {
  const network = NETWORKS[model]
  const bytes = onnxModel(servingGraph(network, parameters))
  const manifest = withVersion({
    format: MANIFEST_FORMAT,
    model,
    origin,
    columns: network.row.columns.map((column) => column.name),
    columnsHash: network.row.hash,
    heads: network.heads.map((head) => head.name),
    files: { [MODEL_FILE]: { bytes: bytes.length, sha256: sha256Of(bytes) } },
  })
  const directory = join(root, `${model}-${manifest.version}`)
  if (!(await holdsManifest(directory))) await writeWhole(root, directory, manifest, bytes)
  return { directory, manifest }
}

const writeWhole = async (
  root: string,
  directory: string,
  manifest: SnapshotManifest,
  bytes: Uint8Array,
): Promise<void> => {
  const part = `${directory}.part`
  // Left by a writer that died.
  await rm(part, { recursive: true, force: true })
  await mkdir(part, { recursive: true })
  await writeSynced(join(part, MODEL_FILE), bytes)
  await writeSynced(join(part, MANIFEST_FILE), Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`))
  await syncDirectory(part)
  // A directory without a manifest is no snapshot, and would stop the rename.
  await rm(directory, { recursive: true, force: true })
  await rename(part, directory)
  await syncDirectory(root)
}

const writeSynced = async (path: string, bytes: Uint8Array): Promise<void> => {
  const file = await open(path, 'w')
  try {
    await file.writeFile(bytes)
    await file.sync()
  } finally {
    await file.close()
  }
}

/** Makes names within it durable. Windows syncs no directories, and keeps their names without. */
const syncDirectory = async (path: string): Promise<void> => {
  if (process.platform === 'win32') return
  const directory = await open(path, 'r')
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}
