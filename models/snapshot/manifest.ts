import { createHash } from 'node:crypto'
import { ModelError } from '../errors.ts'
import type { ContentPart, EmbeddingPart } from '../network/definition.ts'

/** The two rankers. */
export const MODELS = ['heavy', 'light'] as const
export type ModelName = (typeof MODELS)[number]

/** What a snapshot may be of: a ranker, or the towers that retrieval searches by. */
export const SNAPSHOT_MODELS = [...MODELS, 'retrieval'] as const
export type SnapshotModel = (typeof SNAPSHOT_MODELS)[number]

/** Whether its weights were set by hand or learned. */
export const ORIGINS = ['prior', 'trained'] as const
export type Origin = (typeof ORIGINS)[number]

/** Of the manifest itself: raised when its fields change their meaning. */
export const MANIFEST_FORMAT = 1

/** One file of a snapshot, as its manifest promises it. */
export interface SnapshotFile {
  readonly bytes: number
  readonly sha256: string
}

/** What a snapshot is, beside its files: `manifest.json`. */
export interface SnapshotManifest {
  readonly format: typeof MANIFEST_FORMAT
  readonly model: SnapshotModel
  /** Made from everything else in the manifest and so from every byte of the files: equal content, equal version. */
  readonly version: string
  readonly origin: Origin
  /** The columns that it reads, in order: of a ranker's row, or of either side of the towers. */
  readonly columns: readonly string[]
  readonly columnsHash: string
  /** What the outputs are, in order. */
  readonly heads: readonly string[]
  /** What vectors the graph reads beside the row, and whether contents too; absent where it reads none, as in the prior. */
  readonly embeddings?: EmbeddingPart
  readonly files: Readonly<Record<string, SnapshotFile>>
}

/** The one file that every snapshot of a ranker has. */
export const MODEL_FILE = 'model.onnx'
/** Of the towers: their parameters as one vector of float32s, little endian. */
export const TOWERS_FILE = 'towers.bin'
/** The tables of vectors, where the manifest names embeddings. */
export const EMBEDDINGS_FILE = 'embeddings.bin'

export const sha256Of = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

const VERSION_CHARACTERS = 16

/** A manifest with the version that its content has. */
export const withVersion = (content: Omit<SnapshotManifest, 'version'>): SnapshotManifest => {
  const { format, model, origin, columns, columnsHash, heads, embeddings, files } = content
  const sorted = Object.entries(files).sort(([one], [other]) => (one < other ? -1 : 1))
  const text = JSON.stringify([
    format,
    model,
    origin,
    columns,
    columnsHash,
    heads,
    sorted.map(([name, { bytes, sha256 }]) => [name, bytes, sha256]),
    ...(embeddings === undefined ? [] : [embeddings.entities, embeddings.dimensions]),
    ...(embeddings?.contents === undefined ? [] : [embeddings.contents.dimensions]),
  ])
  return { ...content, version: sha256Of(Buffer.from(text)).slice(0, VERSION_CHARACTERS) }
}

/**
 * Reads a manifest, trusting nothing. Throws `SNAPSHOT_CORRUPT`, naming the field, for what is no manifest or
 * was changed after it was written.
 */
export const parseManifest = (text: string, directory: string): SnapshotManifest => {
  const corrupt = (detail: string): ModelError =>
    new ModelError('SNAPSHOT_CORRUPT', `the manifest in ${directory}: ${detail}`)
  const json = parsed(text)
  if (!isObject(json)) throw corrupt('is no JSON object')
  const { format, model, version, origin, columns, columnsHash, heads, embeddings, files } = json
  if (format !== MANIFEST_FORMAT)
    throw corrupt(`format is ${String(format)}, this code reads ${MANIFEST_FORMAT}`)
  if (!isOneOf(SNAPSHOT_MODELS, model)) throw corrupt(`model is none of ${SNAPSHOT_MODELS.join(', ')}`)
  if (!isOneOf(ORIGINS, origin)) throw corrupt(`origin is none of ${ORIGINS.join(', ')}`)
  if (!isTexts(columns)) throw corrupt('columns is no list of names')
  if (!isTexts(heads)) throw corrupt('heads is no list of names')
  if (typeof columnsHash !== 'string') throw corrupt('columnsHash is no text')
  if (embeddings !== undefined && !isEmbeddings(embeddings))
    throw corrupt('embeddings is no list of entities and a number of dimensions')
  const main = model === 'retrieval' ? TOWERS_FILE : MODEL_FILE
  if (!isFiles(files, main)) throw corrupt(`files is no map of files, or names none called ${main}`)
  if (EMBEDDINGS_FILE in files !== (embeddings !== undefined))
    throw corrupt(`embeddings and ${EMBEDDINGS_FILE} do not come together`)
  const manifest = withVersion({
    format,
    model,
    origin,
    columns,
    columnsHash,
    heads,
    ...(embeddings !== undefined && { embeddings }),
    files,
  })
  if (manifest.version !== version) {
    throw corrupt(`version is ${String(version)}, but its content has ${manifest.version}`)
  }
  return manifest
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isOneOf = <const T extends string>(values: readonly T[], value: unknown): value is T =>
  values.some((each) => each === value)

const isTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.length > 0 && value.every((each) => typeof each === 'string')

const isEmbeddings = (value: unknown): value is EmbeddingPart =>
  isObject(value) &&
  isTexts(value['entities']) &&
  Number.isSafeInteger(value['dimensions']) &&
  (value['contents'] === undefined || isContents(value['contents']))

const isContents = (value: unknown): value is ContentPart =>
  isObject(value) && Number.isSafeInteger(value['dimensions'])

/** Names of files in the snapshot's own directory, and nowhere else. */
const FILE_NAME = /^[a-z0-9][a-z0-9._-]{0,63}$/

const isFiles = (value: unknown, main: string): value is Readonly<Record<string, SnapshotFile>> =>
  isObject(value) &&
  main in value &&
  Object.entries(value).every(
    ([name, file]) =>
      FILE_NAME.test(name) &&
      isObject(file) &&
      Number.isSafeInteger(file['bytes']) &&
      typeof file['sha256'] === 'string',
  )
