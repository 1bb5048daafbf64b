import { webcrypto } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ModelError } from '../errors.ts'
import type { EmbeddingPart } from '../network/definition.ts'
import { NETWORKS } from '../rankers.ts'
import {
  EMBEDDINGS_FILE,
  MODEL_FILE,
  type ModelName,
  parseManifest,
  type SnapshotManifest,
  type SnapshotModel,
} from './manifest.ts'

const { subtle } = webcrypto

export const MANIFEST_FILE = 'manifest.json'

/** A snapshot in memory, checked. */
export interface LoadedSnapshot {
  readonly manifest: SnapshotManifest
  /** The ONNX model. */
  readonly bytes: Uint8Array
  /** The tables of vectors, where the graph reads any. */
  readonly embeddings?: Uint8Array
}

/**
 * Reads a snapshot of a model and checks all of it: `SNAPSHOT_MISSING` where there is no manifest,
 * `SNAPSHOT_CORRUPT` where a file is not what the manifest says, `SNAPSHOT_COLUMNS` where it was made for a
 * row other than the one this code fills.
 */
export const readSnapshot = async (directory: string, model: ModelName): Promise<LoadedSnapshot> => {
  const manifest = await readManifest(directory)
  checkFits(manifest, directory, model)
  const files = await readChecked(manifest, directory)
  const embeddings = files.get(EMBEDDINGS_FILE)
  return { manifest, bytes: files.get(MODEL_FILE)!, ...(embeddings !== undefined && { embeddings }) }
}

/** What a snapshot says of itself. Throws `SNAPSHOT_MISSING`, `SNAPSHOT_CORRUPT`. */
export const readManifest = async (directory: string): Promise<SnapshotManifest> => {
  const text = await readFile(join(directory, MANIFEST_FILE), 'utf8').catch((cause: unknown) => {
    throw new ModelError('SNAPSHOT_MISSING', `${directory} holds no readable ${MANIFEST_FILE}`, { cause })
  })
  return parseManifest(text, directory)
}

/** Whether a directory is a snapshot at all. */
export const holdsManifest = async (directory: string): Promise<boolean> =>
  readFile(join(directory, MANIFEST_FILE)).then(
    () => true,
    () => false,
  )

const checkFits = (manifest: SnapshotManifest, directory: string, model: ModelName): void => {
  checkModel(manifest, directory, model)
  const { row, heads, embeddings } = NETWORKS[model]
  const columns = row.columns.map((column) => column.name)
  checkColumns(manifest, directory, { columns, columnsHash: row.hash })
  const names = heads.map((head) => head.name)
  if (!equal(manifest.heads, names)) {
    throw new ModelError(
      'SNAPSHOT_COLUMNS',
      `${directory} answers ${manifest.heads.join(', ')}, this code reads ${names.join(', ')}`,
    )
  }
  const theirs = manifest.embeddings
  if (theirs === undefined) return
  const isSame =
    theirs.dimensions === embeddings?.dimensions &&
    equal(theirs.entities, embeddings.entities) &&
    // One that reads no contents is scored without.
    (theirs.contents === undefined || theirs.contents.dimensions === embeddings.contents?.dimensions)
  if (!isSame) {
    throw new ModelError(
      'SNAPSHOT_COLUMNS',
      `${directory} has vectors of ${theirs.dimensions} for ${namesOf(theirs)}, which this code does not fill`,
    )
  }
}

const namesOf = ({ entities, contents }: EmbeddingPart): string =>
  [...entities, ...(contents === undefined ? [] : [`contents of ${contents.dimensions}`])].join(', ')

/** Throws `SNAPSHOT_COLUMNS`. */
export const checkModel = (manifest: SnapshotManifest, directory: string, model: SnapshotModel): void => {
  if (manifest.model === model) return
  throw new ModelError(
    'SNAPSHOT_COLUMNS',
    `${directory} is of the ${manifest.model} model, not of the ${model}`,
  )
}

/** Throws `SNAPSHOT_COLUMNS`, naming the first column that differs. */
export const checkColumns = (
  theirs: SnapshotManifest,
  directory: string,
  { columns, columnsHash }: Pick<SnapshotManifest, 'columns' | 'columnsHash'>,
): void => {
  if (theirs.columnsHash === columnsHash && equal(theirs.columns, columns)) return
  throw new ModelError(
    'SNAPSHOT_COLUMNS',
    `${directory} has columns ${theirs.columnsHash}, this code fills ${columnsHash}${difference(theirs.columns, columns)}`,
  )
}

const equal = (one: readonly string[], other: readonly string[]): boolean =>
  one.length === other.length && one.every((name, index) => name === other[index])

/** The first column that differs: what a person looks for. */
const difference = (theirs: readonly string[], ours: readonly string[]): string => {
  const index = ours.findIndex((name, at) => name !== theirs[at])
  const at = index === -1 ? ours.length : index
  return ` (column ${at}: ${theirs[at] ?? 'none'} there, ${ours[at] ?? 'none'} here)`
}

/** On memory that threads share: each of them reads it, and none gets a copy of megabytes. */
const shared = (content: Uint8Array): Uint8Array => {
  const bytes = new Uint8Array(new SharedArrayBuffer(content.length))
  bytes.set(content)
  return bytes
}

/** As `sha256Of`, on another thread: who serves reads snapshots too. */
const sha256Beside = async (content: Uint8Array<ArrayBuffer>): Promise<string> =>
  Buffer.from(await subtle.digest('SHA-256', content)).toString('hex')

/** The files of a manifest. Throws `SNAPSHOT_CORRUPT` for one that is not what it says. */
export const readChecked = async (
  manifest: SnapshotManifest,
  directory: string,
): Promise<ReadonlyMap<string, Uint8Array>> => {
  const files = new Map<string, Uint8Array>()
  for (const [name, { bytes, sha256 }] of Object.entries(manifest.files)) {
    const content = await readFile(join(directory, name)).catch((cause: unknown) => {
      throw new ModelError('SNAPSHOT_CORRUPT', `${name} in ${directory} cannot be read`, { cause })
    })
    if (content.length !== bytes || (await sha256Beside(content)) !== sha256) {
      throw new ModelError(
        'SNAPSHOT_CORRUPT',
        `${name} in ${directory} is not the file that the manifest names`,
      )
    }
    files.set(name, shared(content))
  }
  return files
}
