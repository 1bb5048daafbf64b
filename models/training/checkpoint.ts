import { readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { decodeLightState, encodeLightState } from '../distillation/light-state.ts'
import type { LightState } from '../distillation/light-learner.ts'
import { decodeTables, encodeTables } from '../embeddings/bytes.ts'
import { ModelError } from '../errors.ts'
import type { NetworkDefinition } from '../network/definition.ts'
import { sizeOf } from '../graph/graph.ts'
import { ParameterLayout } from '../network/parameter-layout.ts'
import { networkHash } from '../network/network-hash.ts'
import { LIGHT_NETWORK } from '../rankers.ts'
import type { TowerState } from '../retrieval/tower-learner.ts'
import { TOWERS_HASH } from '../retrieval/tower-snapshot.ts'
import { decodeTowerState, encodeTowerState } from '../retrieval/tower-state.ts'
import { sha256Of } from '../snapshot/manifest.ts'
import { writeWholeDirectory } from '../snapshot/whole-directory.ts'
import type { MomentSums } from './column-moments.ts'
import { KnownExamples } from './known-examples.ts'
import type { Position } from './standing.ts'
import type { Learned } from './train-step.ts'

/** A learner's state, and the position that it stands for in the topic that it follows. */
export interface Placed<State> {
  readonly state: State
  readonly position: Position
}

/** What learns beside the heavy ranker. */
export interface Beside {
  /** Among the samples of rankings. */
  readonly light: Placed<LightState>
  /** Among the examples. */
  readonly towers: Placed<TowerState>
}

/** Everything that learning goes on from, as of one position among the examples. */
export interface Checkpoint {
  readonly learned: Learned
  readonly moments: MomentSums
  readonly known: KnownExamples
  /** The latest time of what was learned, in milliseconds. */
  readonly latestAt: number
  /** Among the examples. */
  readonly position: Position
  /** Null where the heavy ranker learned alone. */
  readonly beside: Beside | null
}

/** Whole checkpoints that are kept; the newest is gone on from, the others are there if its disk is not sound. */
export const CHECKPOINTS_KEPT = 2

const FORMAT = 4
const ADVICE = ': move it and its neighbours away, and learning begins anew from the first example kept'
const NAME = /^checkpoint-(\d{12})$/
/** What a writer that died had not finished. */
const PART_NAME = /^checkpoint-\d{12}\.part/
const NAME_DIGITS = 12
const INDEX_FILE = 'checkpoint.json'
const STATE_FILE = 'state.bin'
const MOMENTS_FILE = 'moments.bin'
const TABLES_FILE = 'embeddings.bin'
const KNOWN_FILE = 'known.bin'
const LIGHT_FILE = 'light.bin'
const TOWERS_FILE = 'towers.bin'

/** Names of networks, by `networkHash`; of the towers, of what they read and how they are built. */
interface Networks {
  readonly heavy: string
  readonly light: string
  readonly retrieval: string
}

interface Index {
  readonly format: number
  /** What each state was learned by; one text where the format is below 4. */
  readonly network: Networks
  readonly steps: number
  readonly latestAt: number
  readonly position: Position
  readonly beside?: { readonly light: Position; readonly towers: Position } | null
  /** SHA-256 of each. */
  readonly files: Readonly<Record<string, string>>
  /** SHA-256 of all else in the index. */
  readonly check: string
}

/**
 * Writes a checkpoint, whole or not at all, and then removes old ones. States and positions are in one directory
 * that gets its name in one step: after a crash, nothing is skipped or learned twice. One writer a root.
 */
export const writeCheckpoint = async (root: string, checkpoint: Checkpoint): Promise<string> => {
  const { learned, moments, known, latestAt, position, beside } = checkpoint
  const files: Record<string, Uint8Array> = {
    [STATE_FILE]: bytesOf([learned.parameters, learned.means, learned.squares, ...learned.given.values()]),
    [MOMENTS_FILE]: bytesOf([Float64Array.of(moments.rows, moments.usedRows), moments.sums, moments.squares]),
    [KNOWN_FILE]: known.encode(),
    ...(learned.tables && { [TABLES_FILE]: encodeTables(learned.tables) }),
    ...(beside && {
      [LIGHT_FILE]: encodeLightState(beside.light.state),
      [TOWERS_FILE]: encodeTowerState(beside.towers.state),
    }),
  }
  const index = {
    format: FORMAT,
    network: networksOf(learned.definition),
    steps: learned.steps,
    latestAt,
    position,
    beside: beside && { light: beside.light.position, towers: beside.towers.position },
    files: Object.fromEntries(Object.entries(files).map(([name, bytes]) => [name, sha256Of(bytes)])),
  }
  const name = await nextNameIn(root)
  const text = Buffer.from(`${JSON.stringify({ ...index, check: checkOf(index) }, null, 2)}\n`)
  const directory = await writeWholeDirectory(root, name, { ...files, [INDEX_FILE]: text })
  for (const each of await oldIn(root)) await rm(join(root, each), { recursive: true })
  return directory
}

/** Names tell what is newer, and none comes again: where nothing but a position is new, no checkpoint makes room for it. */
const nextNameIn = async (root: string): Promise<string> => {
  const [, newest = '0'] = NAME.exec((await namesIn(root))[0] ?? '') ?? []
  return `checkpoint-${String(Number(newest) + 1).padStart(NAME_DIGITS, '0')}`
}

const oldIn = async (root: string): Promise<readonly string[]> => {
  const parts = (await readdir(root)).filter((name) => PART_NAME.test(name))
  return [...(await namesIn(root)).slice(CHECKPOINTS_KEPT), ...parts]
}

/** What was found to go on from, and what was passed over because its bytes are not what was written. */
export interface FoundCheckpoint {
  readonly checkpoint: Checkpoint | undefined
  readonly broken: readonly string[]
}

/**
 * The newest checkpoint that is whole: an older one has an older position, so that nothing is lost by going on
 * from it. Throws `CHECKPOINT_OTHER` where it is of another network or format.
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

/** Of an index as any format has it: before the third nothing stood beside. */
const checkOf = (index: Omit<Index, 'check'>): string => {
  const { format, network, steps, latestAt, position, files, beside } = index
  const content = [format, network, steps, latestAt, position, files]
  return sha256Of(Buffer.from(JSON.stringify(beside === undefined ? content : [...content, beside])))
}

const decoded = ({ index, files }: Whole, definition: NetworkDefinition, directory: string): Checkpoint => {
  if (index.format !== FORMAT) {
    throw new ModelError(
      'CHECKPOINT_OTHER',
      `${directory} has format ${index.format}, this code reads ${FORMAT}${ADVICE}`,
    )
  }
  for (const [model, network] of Object.entries(networksOf(definition))) {
    if (index.network[model as keyof Networks] === network) continue
    const detail = `${directory} was learned by another network than ${model} is now${ADVICE}`
    throw new ModelError('CHECKPOINT_OTHER', detail)
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
      given: new Map(layout.given.map(({ name, shape }) => [name, state.next(sizeOf(shape))])),
    },
    moments: decodedMoments(files.get(MOMENTS_FILE)!),
    known: KnownExamples.decode(files.get(KNOWN_FILE)!),
    latestAt: index.latestAt,
    position: index.position,
    beside: besideOf(index, files),
  }
}

const besideOf = ({ beside }: Index, files: Whole['files']): Beside | null =>
  beside
    ? {
        light: { state: decodeLightState(files.get(LIGHT_FILE)!), position: beside.light },
        towers: { state: decodeTowerState(files.get(TOWERS_FILE)!), position: beside.towers },
      }
    : null

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

const networksOf = (heavy: NetworkDefinition): Networks => ({
  heavy: networkHash(heavy),
  light: networkHash(LIGHT_NETWORK),
  retrieval: TOWERS_HASH,
})

const bytesOf = (arrays: readonly (Float32Array | Float64Array)[]): Uint8Array =>
  Buffer.concat(
    arrays.map(({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength)),
  )
