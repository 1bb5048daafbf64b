import { join } from 'node:path'
import { encodeTables } from '../embeddings/bytes.ts'
import type { EmbeddingTables } from '../embeddings/tables.ts'
import { withoutEmbeddings } from '../network/definition.ts'
import type { Parameters } from '../network/parameters.ts'
import { servingGraph } from '../network/serving-graph.ts'
import { onnxModel } from '../onnx/model.ts'
import { NETWORKS } from '../rankers.ts'
import {
  EMBEDDINGS_FILE,
  MANIFEST_FORMAT,
  MODEL_FILE,
  type ModelName,
  type Origin,
  sha256Of,
  type SnapshotManifest,
  withVersion,
} from './manifest.ts'
import { holdsManifest, MANIFEST_FILE } from './read.ts'
import { writeWholeDirectory } from './whole-directory.ts'

/** A snapshot on disk. */
export interface Written {
  readonly directory: string
  readonly manifest: SnapshotManifest
}

/**
 * Writes a snapshot of a ranker into `root/MODEL-VERSION`, whole or not at all. Without tables its graph reads
 * rows alone, and no manifest names embeddings. Equal content is written once, whoever writes it at the same time.
 * Throws `NETWORK_INVALID`, and what the disk says.
 */
export const writeSnapshot = async (
  root: string,
  model: ModelName,
  origin: Origin,
  parameters: Parameters,
  tables?: EmbeddingTables,
): Promise<Written> => {
  const network = tables === undefined ? withoutEmbeddings(NETWORKS[model]) : NETWORKS[model]
  const files: Record<string, Uint8Array> = { [MODEL_FILE]: onnxModel(servingGraph(network, parameters)) }
  if (tables !== undefined) files[EMBEDDINGS_FILE] = encodeTables(tables)
  const about = {
    model,
    origin,
    columns: network.row.columns.map((column) => column.name),
    columnsHash: network.row.hash,
    heads: network.heads.map((head) => head.name),
    ...(network.embeddings !== undefined && { embeddings: network.embeddings }),
  }
  return writeFiles(root, about, files)
}

/** Writes a snapshot of given files into `root/MODEL-VERSION`, as `writeSnapshot` does. */
export const writeFiles = async (
  root: string,
  about: Omit<SnapshotManifest, 'format' | 'version' | 'files'>,
  files: Readonly<Record<string, Uint8Array>>,
): Promise<Written> => {
  const manifest = withVersion({
    format: MANIFEST_FORMAT,
    ...about,
    files: Object.fromEntries(
      Object.entries(files).map(([name, bytes]) => [name, { bytes: bytes.length, sha256: sha256Of(bytes) }]),
    ),
  })
  const name = `${manifest.model}-${manifest.version}`
  const directory = join(root, name)
  if (!(await holdsManifest(directory))) {
    const text = Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`)
    await writeWholeDirectory(root, name, { ...files, [MANIFEST_FILE]: text })
  }
  return { directory, manifest }
}
