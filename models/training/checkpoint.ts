import { readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { decodeTables, encodeTables } from '../embeddings/bytes.ts'
import { ModelError } from '../errors.ts'
import type { NetworkDefinition } from '../network/definition.ts'
import { sizeOf } from '../graph/graph.ts'
import { ParameterLayout } from '../network/parameter-layout.ts'
import { parameterSlots } from '../network/parameters.ts'
import { sha256Of } from '../snapshot/manifest.ts'
import { writeWholeDirectory } from '../snapshot/whole-directory.ts'
import type { MomentSums } from './column-moments.ts'
import { KnownExamples } from './known-examples.ts'
import type { Learned } from './train-step.ts'

/** Everything that learning goes on from, as of one position among the examples. */
export interface Checkpoint {
  readonly learned: Learned
  readonly moments: MomentSums
  readonly known: KnownExamples
  /** The latest time of what was learned, in milliseconds. */
  readonly latestAt: number
  /** By partition of the examples, the offset of the next one to learn: all before are learned, none after. */
  readonly position: Readonly<Record<string, number>>
}

/** Whole checkpoints that are kept; the newest is gone on from, the others are there if its disk is not sound. */
export const CHECKPOINTS_KEPT = 2

const FORMAT = 2
const NAME = /^checkpoint-(\d{12})$/
const STEP_DIGITS = 12
const INDEX_FILE = 'checkpoint.json'
const STATE_FILE = 'state.bin'
const MOMENTS_FILE = 'moments.bin'
const TABLES_FILE = 'embeddings.bin'
const KNOWN_FILE = 'known.bin'

interface Index {
  readonly format: number
  /** Names the network's parameters and columns: state of another does not line up. */
  readonly network: string
  readonly steps: number
  readonly latestAt: number
  readonly position: Readonly<Record<string, number>>
  /** SHA-256 of each. */
  readonly files: Readonly<Record<string, string>>
  /** SHA-256 of all else in the index. */
  readonly check: string
}

/**
 * Writes a checkpoint, whole or not at all, and then removes old ones. State and position are in one directory
 * that gets its name in one step: after a crash, examples are neither skipped nor learned twice. One writer a root.
 */
export const writeCheckpoint = async (root: string, checkpoint: Checkpoint): Promise<string> => {
  const { learned, moments, known, latestAt, position } = checkpoint
  const files: Record<string, Uint8Array> = {
    [STATE_FILE]: bytesOf([learned.parameters, learned.means, learned.squares, ...learned.measured.values()]),
    [MOMENTS_FILE]: bytesOf([Float64Array.of(moments.rows, moments.usedRows), moments.sums, moments.squares]),
    [KNOWN_FILE]: known.encode(),
    ...(learned.tables && { [TABLES_FILE]: encodeTables(learned.tables) }),
  }
  const index = {
    format: FORMAT,
    network: networkHash(learned.definition),
    steps: learned.steps,
    latestAt,
    position,
    files: Object.fromEntries(Object.entries(files).map(([name, bytes]) => [name, sha256Of(bytes)])),
  }
  const name = `checkpoint-${String(learned.steps).padStart(STEP_DIGITS, '0')}`
  const text = Buffer.from(`${JSON.stringify({ ...index, check: checkOf(index) }, null, 2)}\n`)
  const directory = await writeWholeDirectory(root, name, { ...files, [INDEX_FILE]: text })
  const old = (await namesIn(root)).slice(CHECKPOINTS_KEPT)
  for (const each of old) await rm(join(root, each), { recursive: true })
  return directory
}

/** What was found to go on from, and what was passed over because its bytes are not what was written. */
export interface FoundCheckpoint {
  readonly checkpoint: Checkpoint | undefined
  readonly broken: readonly string[]
}

/**
 * The newest checkpoint that is whole: an older one has an older position, so that nothing is lost by going on
 * from it. Throws `CHECKPOINT_OTHER` where it is of another network.
 */
export const readCheckpoint = async (
  root: string,
  definition: NetworkDefinition,
): Promise<FoundCheckpoint> => {
  const broken: string[] = []
  for (const name of await namesIn(root)) {
    const directory = join(root, name)
    const found = await readWhole(directory)
    if (found === undefined) broken.push(directory)
    else return { checkpoint: decoded(found, definition, directory), broken }
  }
  return { checkpoint: undefined, broken }
}

/** Newest first. */
const namesIn = async (root: string): Promise<string[]> => {
  const names = await readdir(root).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw error
  })
  return names
    .filter((name) => NAME.test(name))
    .sort()
    .toReversed()
}

interface Whole {
  readonly index: Index
  readonly files: ReadonlyMap<string, Buffer>
}

const readWhole = async (directory: string): Promise<Whole | undefined> => {
  const text = await readIfThere(join(directory, INDEX_FILE))
  const index = text && parsed(text.toString())
  if (index === undefined) return undefined
  const files = new Map<string, Buffer>()
  for (const [name, sha256] of Object.entries(index.files)) {
    const bytes = await readIfThere(join(directory, name))
    if (bytes === undefined || sha256Of(bytes) !== sha256) return undefined
    files.set(name, bytes)
  }
  return { index, files }
}

const readIfThere = async (path: string): Promise<Buffer | undefined> =>
  readFile(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })

/** An index that says of itself what it should. */
const parsed = (text: string): Index | undefined => {
  try {
    const index = JSON.parse(text) as Index
    return index.check === checkOf(index) ? index : undefined
  } catch {
    return undefined
  }
}

const checkOf = ({ format, network, steps, latestAt, position, files }: Omit<Index, 'check'>): string =>
  sha256Of(Buffer.from(JSON.stringify([format, network, steps, latestAt, position, files])))

const decoded = ({ index, files }: Whole, definition: NetworkDefinition, directory: string): Checkpoint => {
  if (index.format !== FORMAT || index.network !== networkHash(definition)) {
    throw new ModelError('CHECKPOINT_OTHER', `${directory} does not fit network ${definition.name}`)
  }
  const layout = new ParameterLayout(definition)
  const state = new Floats(files.get(STATE_FILE)!)
  const [parameters, means, squares] = [layout.size, layout.size, layout.size].map((size) => state.next(size))
  const tables = files.get(TABLES_FILE)
  return {
    learned: {
      definition,
      tables: tables && decodeTables(tables),
      steps: index.steps,
      parameters: parameters!,
      means: means!,
      squares: squares!,
      measured: new Map(layout.measured.map(({ name, shape }) => [name, state.next(sizeOf(shape))])),
    },
    moments: decodedMoments(files.get(MOMENTS_FILE)!),
    known: KnownExamples.decode(files.get(KNOWN_FILE)!),
    latestAt: index.latestAt,
    position: index.position,
  }
}

const decodedMoments = (bytes: Buffer): MomentSums => {
  const [rows, usedRows, ...values] = new Float64Array(new Uint8Array(bytes).buffer)
  const columns = values.length / 2
  return {
    rows: rows!,
    usedRows: usedRows!,
    sums: Float64Array.from(values.slice(0, columns)),
    squares: Float64Array.from(values.slice(columns)),
  }
}

/** Runs of float32s that lie after each other. */
class Floats {
  private readonly values: Float32Array
  private at = 0

  constructor(bytes: Buffer) {
    this.values = new Float32Array(new Uint8Array(bytes).buffer)
  }

  next(length: number): Float32Array {
    this.at += length
    return this.values.slice(this.at - length, this.at)
  }
}

const networkHash = (definition: NetworkDefinition): string => {
  const { row, heads, embeddings } = definition
  const slots = parameterSlots(definition).map(({ name, shape }) => [name, shape])
  const text = JSON.stringify([row.hash, heads.map(({ name }) => name), embeddings ?? null, slots])
  return sha256Of(Buffer.from(text))
}

const bytesOf = (arrays: readonly (Float32Array | Float64Array)[]): Uint8Array =>
  Buffer.concat(
    arrays.map(({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength)),
  )
