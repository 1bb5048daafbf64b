import { ModelError } from '../errors.ts'
import { type Origin, sha256Of, type SnapshotManifest, TOWERS_FILE } from '../snapshot/manifest.ts'
import { checkColumns, checkModel, readChecked, readManifest } from '../snapshot/read.ts'
import { writeFiles, type Written } from '../snapshot/write.ts'
import { TOWER_COLUMNS } from './tower-inputs.ts'
import { TOWER_PARTS, TOWERS_SIZE } from './towers.ts'

/** What towers answer: how well a viewer and a post go together. */
export const MATCH_HEAD = 'match'

const HASH_CHARACTERS = 16
const FLOAT_BYTES = 4

/** Names what towers read and how they are built: parameters of others do not line up. */
export const TOWERS_HASH = sha256Of(Buffer.from(JSON.stringify([TOWER_COLUMNS, TOWER_PARTS]))).slice(
  0,
  HASH_CHARACTERS,
)

/** Writes a snapshot of towers into `root/retrieval-VERSION`, as `writeSnapshot` does one of a ranker. */
export const writeTowers = async (
  root: string,
  origin: Origin,
  parameters: Float32Array,
): Promise<Written> => {
  const { buffer, byteOffset, byteLength } = parameters
  return writeFiles(
    root,
    { model: 'retrieval', origin, columns: TOWER_COLUMNS, columnsHash: TOWERS_HASH, heads: [MATCH_HEAD] },
    { [TOWERS_FILE]: new Uint8Array(buffer, byteOffset, byteLength) },
  )
}

export interface LoadedTowers {
  readonly manifest: SnapshotManifest
  readonly parameters: Float32Array
}

/**
 * Reads a snapshot of towers and checks all of it. Throws `SNAPSHOT_MISSING`, `SNAPSHOT_CORRUPT`, and
 * `SNAPSHOT_COLUMNS` where it was made for other inputs than this code fills.
 */
export const readTowers = async (directory: string): Promise<LoadedTowers> => {
  const manifest = await readManifest(directory)
  checkModel(manifest, directory, 'retrieval')
  checkColumns(manifest, directory, { columns: TOWER_COLUMNS, columnsHash: TOWERS_HASH })
  const bytes = (await readChecked(manifest, directory)).get(TOWERS_FILE)!
  const parameters = new Float32Array(TOWERS_SIZE)
  if (bytes.length === TOWERS_SIZE * FLOAT_BYTES) new Uint8Array(parameters.buffer).set(bytes)
  else throw new ModelError('SNAPSHOT_CORRUPT', `${directory} has towers of ${bytes.length} bytes`)
  if (parameters.every(Number.isFinite)) return { manifest, parameters }
  throw new ModelError('SNAPSHOT_CORRUPT', `${directory} has towers that are not finite`)
}
