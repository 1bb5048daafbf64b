import { beginLight, type LightState } from '../distillation/light-learner.ts'
import { decodeLightState, encodeLightState } from '../distillation/light-state.ts'
import { decodeTables, encodeTables } from '../embeddings/bytes.ts'
import type { EmbeddingTables } from '../embeddings/tables.ts'
import { sizeOf } from '../graph/graph.ts'
import { ParameterLayout } from '../network/parameter-layout.ts'
import { beginTowers, type TowerState } from '../retrieval/tower-learner.ts'
import { decodeTowerState, encodeTowerState } from '../retrieval/tower-state.ts'
import type { SnapshotModel } from '../snapshot/manifest.ts'
import { FORMAT, type Index, othersIn } from './checkpoint-index.ts'
import type { MomentSums } from './column-moments.ts'
import { type Doubts, noDoubts } from './intercepts.ts'
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
  /** The share of negatives that what is known was learned with: by it the rest of each is learned. */
  readonly negativesKept: number
  /** The latest time of what was learned, in milliseconds. */
  readonly latestAt: number
  /** Among the examples. */
  readonly position: Position
  /** Null where the heavy ranker learned alone. */
  readonly beside: Beside | null
}

const STATE_FILE = 'state.bin'
const DOUBTS_FILE = 'doubts.bin'
const MOMENTS_FILE = 'moments.bin'
const TABLES_FILE = 'embeddings.bin'
const KNOWN_FILE = 'known.bin'
const LIGHT_FILE = 'light.bin'
const TOWERS_FILE = 'towers.bin'

export const encodedStates = ({
  learned,
  moments,
  known,
  beside,
}: Checkpoint): Record<string, Uint8Array> => ({
  [STATE_FILE]: bytesOf([learned.parameters, learned.means, learned.squares, ...learned.given.values()]),
  [MOMENTS_FILE]: bytesOf([Float64Array.of(moments.rows, moments.usedRows), moments.sums, moments.squares]),
  [DOUBTS_FILE]: bytesOf([Float64Array.of(learned.doubts.rows), learned.doubts.sums]),
  [KNOWN_FILE]: known.encode(),
  ...(learned.tables && { [TABLES_FILE]: encodeTables(learned.tables) }),
  ...(beside && {
    [LIGHT_FILE]: encodeLightState(beside.light.state),
    [TOWERS_FILE]: encodeTowerState(beside.towers.state),
  }),
})

/** Files of a checkpoint, whose bytes are what was written. */
export interface Whole {
  readonly index: Index
  readonly files: ReadonlyMap<string, Buffer>
}

/**
 * The states of a checkpoint. Where one is of another network than this code trains its model begins anew, from the
 * record that it had come to; vectors of entities are kept where they are as long as `begin` would have them.
 */
export const decodedStates = (
  whole: Whole,
  begin: () => Checkpoint,
): { readonly checkpoint: Checkpoint; readonly others: readonly SnapshotModel[] } => {
  const begun = begin()
  const others = othersIn(whole.index, begun.learned.definition)
  const heavy = others.includes('heavy') ? anewOf(whole, begun) : heavyOf(whole, begun.learned)
  return { checkpoint: { ...heavy, beside: besideOf(whole, others) }, others }
}

const heavyOf = ({ index, files }: Whole, { definition }: Learned): Omit<Checkpoint, 'beside'> => {
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
      doubts: decodedDoubts(files.get(DOUBTS_FILE), definition.heads.length),
      given: new Map(layout.given.map(({ name, shape }) => [name, state.next(sizeOf(shape))])),
    },
    moments: decodedMoments(files.get(MOMENTS_FILE)!),
    known: KnownExamples.decode(files.get(KNOWN_FILE)!),
    negativesKept: index.negativesKept ?? 1,
    latestAt: index.latestAt,
    position: index.position,
  }
}

/** What is known of examples is not: this network has learned none of them, and learns what still comes of them whole. */
const anewOf = ({ index, files }: Whole, begun: Checkpoint): Omit<Checkpoint, 'beside'> => {
  const position = positionOf(index.position)
  if (index.format > FORMAT) return { ...begun, position }
  const tables = keptTables(files.get(TABLES_FILE), begun.learned.tables)
  begun.known.tellsOfViews = KnownExamples.decode(files.get(KNOWN_FILE)!).tellsOfViews
  return { ...begun, learned: { ...begun.learned, tables }, position }
}

const keptTables = (
  bytes: Buffer | undefined,
  begun: EmbeddingTables | undefined,
): EmbeddingTables | undefined => {
  if (bytes === undefined || begun === undefined) return begun
  try {
    const tables = decodeTables(bytes)
    return tables.sizes.dimensions === begun.sizes.dimensions ? tables : begun
  } catch (error) {
    // Of another number of entities.
    if (error instanceof RangeError) return begun
    throw error
  }
}

const besideOf = ({ index: { beside }, files }: Whole, others: readonly SnapshotModel[]): Beside | null =>
  beside
    ? {
        light: {
          state: others.includes('light') ? beginLight() : decodeLightState(files.get(LIGHT_FILE)!),
          position: positionOf(beside.light),
        },
        towers: {
          state: others.includes('retrieval') ? beginTowers() : decodeTowerState(files.get(TOWERS_FILE)!),
          position: positionOf(beside.towers),
        },
      }
    : null

/** As far as it is one: an index of another format may say otherwise where it stood, or not at all. */
const positionOf = (position: unknown): Position =>
  typeof position === 'object' && position !== null && Object.values(position).every(Number.isSafeInteger)
    ? (position as Position)
    : {}

/** Checkpoints were written without them: what is learned next begins anew to tell how doubtful rows are. */
const decodedDoubts = (bytes: Buffer | undefined, heads: number): Doubts => {
  if (bytes === undefined) return noDoubts(heads)
  const [rows, ...sums] = float64sOf(bytes)
  return { rows: rows!, sums: Float64Array.from(sums) }
}

const decodedMoments = (bytes: Buffer): MomentSums => {
  const [rows, usedRows, ...values] = float64sOf(bytes)
  const columns = values.length / 2
  return {
    rows: rows!,
    usedRows: usedRows!,
    sums: Float64Array.from(values.slice(0, columns)),
    squares: Float64Array.from(values.slice(columns)),
  }
}

/** Copied, for bytes of a file may begin anywhere. */
const float64sOf = (bytes: Buffer): Float64Array => new Float64Array(new Uint8Array(bytes).buffer)

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

const bytesOf = (arrays: readonly (Float32Array | Float64Array)[]): Uint8Array =>
  Buffer.concat(
    arrays.map(({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength)),
  )
