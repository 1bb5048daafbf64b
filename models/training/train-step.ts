import { InferenceSession, Tensor } from 'onnxruntime-node'
import { adamScalars } from '../autodiff/adam.ts'
import { CONTENT_BYTES, readContents } from '../embeddings/contents.ts'
import type { EmbeddingTables } from '../embeddings/tables.ts'
import { ModelError } from '../errors.ts'
import { contentWidth, embeddingWidth, type NetworkDefinition } from '../network/definition.ts'
import { CONTENTS_INPUT, EMBEDDINGS_INPUT, INPUT } from '../network/forward.ts'
import { ParameterLayout } from '../network/parameter-layout.ts'
import type { Parameters } from '../network/parameters.ts'
import { TRAINING, trainingGraph } from '../network/training-graph.ts'
import { onnxModel } from '../onnx/model.ts'
import type { Batch } from './batch.ts'
import { type Doubts, Intercepts, noDoubts } from './intercepts.ts'

export interface Rates {
  /** Adam's, of the network's parameters, where steps are not shortened. */
  readonly network: number
  /** Adagrad's, of embedding tables. */
  readonly embeddings: number
}

/** By progressive loss on half a million examples of a world: between 1e-3 and 3e-3 little changes. */
export const DEFAULT_RATES: Rates = { network: 2e-3, embeddings: 0.2 }

/** What is learned, of a network that has begun: what a checkpoint holds. */
export interface Learned {
  readonly definition: NetworkDefinition
  /** Where the network has embeddings. */
  readonly tables: EmbeddingTables | undefined
  /** Steps taken so far. */
  steps: number
  /** Each as one vector, in the order of the layout. */
  parameters: Float32Array
  means: Float32Array
  squares: Float32Array
  /** What intercepts are moved by. */
  readonly doubts: Doubts
  /** By name, what steps do not change. */
  readonly given: Map<string, Float32Array>
}

/** A network that begins with given parameters and tables. Throws `NETWORK_INVALID` for tables or contents of another size. */
export const beginLearning = (
  definition: NetworkDefinition,
  parameters: Parameters,
  tables?: EmbeddingTables,
): Learned => {
  checkTables(definition, tables)
  checkContents(definition)
  const layout = new ParameterLayout(definition)
  return {
    definition,
    tables,
    steps: 0,
    parameters: layout.vectorOf(parameters),
    means: new Float32Array(layout.size),
    squares: new Float32Array(layout.size),
    doubts: noDoubts(definition.heads.length),
    given: new Map(layout.given.map(({ name }) => [name, parameters.get(name)!.slice()])),
  }
}

/** What a run reads of a batch. */
export type BatchRows = Pick<
  Batch,
  'rows' | 'entities' | 'contents' | 'weights' | 'targets' | 'count' | 'rowsMax'
>

/** What was foreseen of a batch before it was learned. Overwritten by the next step. */
export interface Foreseen {
  /** rows × heads. */
  readonly logits: Float32Array
  /** By head, the sum over rows by how many a full batch has. */
  readonly losses: Float32Array
}

/**
 * Learns batch by batch: one run of the training graph, then a step of the intercepts and of the tables. State that a
 * step reads and state that it writes take turns, so that one which fails leaves everything as it was. Runs block their
 * thread.
 */
export class TrainStep {
  readonly learned: Learned
  private readonly session: InferenceSession
  private readonly layout: ParameterLayout
  private readonly rates: Rates
  private readonly intercepts: Intercepts
  private spare: Pick<Learned, 'parameters' | 'means' | 'squares'>
  private buffers: Buffers

  private constructor(learned: Learned, rates: Rates, session: InferenceSession) {
    this.learned = learned
    this.rates = rates
    this.session = session
    this.layout = new ParameterLayout(learned.definition)
    this.intercepts = new Intercepts(learned.definition)
    const vector = (): Float32Array => new Float32Array(this.layout.size)
    this.spare = { parameters: vector(), means: vector(), squares: vector() }
    this.buffers = buffersOf(learned, 0)
  }

  /** Throws `NETWORK_INVALID`. */
  static async create(learned: Learned, rates: Rates = DEFAULT_RATES): Promise<TrainStep> {
    const session = await InferenceSession.create(onnxModel(trainingGraph(learned.definition)), {
      intraOpNumThreads: 1,
      interOpNumThreads: 1,
      executionMode: 'sequential',
    })
    return new TrainStep(learned, rates, session)
  }

  /**
   * Foresees a batch, then learns it, the network by a step of so much of its rate. Throws `TRAINING_DIVERGED` where what
   * would be learned is not finite, and a RangeError for a batch without rows. One call at a time.
   */
  async run(batch: Batch, length = 1): Promise<Foreseen> {
    const { learned, rates } = this
    const rows = batch.count
    if (rows === 0) throw new RangeError('a batch without rows')
    if (this.buffers.rows !== rows) this.buffers = buffersOf(learned, rows)
    this.fill(batch)
    await this.session.run(this.feeds(batch, length), this.fetches())
    const { logits, losses, embeddingGradients } = this.buffers
    if (!isFinite(losses) || !isFinite(this.spare.parameters) || !isFinite(embeddingGradients)) {
      throw new ModelError('TRAINING_DIVERGED', `${learned.definition.name}, step ${learned.steps + 1}`)
    }
    this.intercepts.move(batch, logits, this.spare.parameters, learned.doubts)
    // As sums over rows: how fast an entity is learned then hangs on how often it comes, not on the batch's length.
    learned.tables?.learn(batch.entities, rows, embeddingGradients, {
      rate: rates.embeddings,
      at: batch.at,
      scale: batch.rowsMax,
    })
    this.takeTurns()
    learned.steps++
    return { logits, losses }
  }

  /** What the network as it is now says of so many rows, rows × heads of logits, by the graph that learns. */
  async foresee(rows: BatchRows): Promise<Float32Array> {
    const { learned } = this
    this.buffers = buffersOf(learned, rows.count)
    this.fill(rows)
    const answers = await this.session.run(this.feeds(rows, 1), [TRAINING.logits])
    return answers[TRAINING.logits]!.data as Float32Array
  }

  /** The parameters as they are now: what a snapshot is made of. */
  parameters(): Map<string, Float32Array> {
    return this.layout.parametersOf(this.learned.parameters, this.learned.given)
  }

  async dispose(): Promise<void> {
    await this.session.release()
  }

  /**
   * Sums over rows by how many a full batch has, so that a row counts alike in whichever batch it comes: Adam's averages
   * carry what a short batch said into the full ones after it, and of its mean each of a few rows would be a great part.
   */
  private fill({ entities, contents, weights, targets, count, rowsMax }: BatchRows): void {
    const { buffers, learned } = this
    const { heads, embeddings } = learned.definition
    learned.tables?.gather(entities, count, buffers.vectors)
    if (embeddings?.contents !== undefined) readContents(contents, count, buffers.contents)
    for (let at = 0; at < count * heads.length; at++) {
      buffers.weights[at] = weights[at]! / rowsMax
      const isTime = heads[at % heads.length]!.output === 'seconds'
      buffers.targets[at] = isTime ? targets[at]! : targets[at]! / rowsMax
    }
  }

  private feeds({ rows, count, rowsMax }: BatchRows, length: number): Record<string, Tensor> {
    const { learned, layout, buffers, rates } = this
    const { row, heads, embeddings } = learned.definition
    // A batch that is not full says less, and Adam's steps are as long whatever it says.
    const share = count / rowsMax
    const { rate, epsilon } = adamScalars(rates.network * length * share, learned.steps + 1)
    const vector = (values: Float32Array): Tensor => tensor(values, [layout.size])
    return {
      [INPUT]: tensor(rows.subarray(0, count * row.width), [count, row.width]),
      ...(embeddings && {
        [EMBEDDINGS_INPUT]: tensor(buffers.vectors, [count, embeddingWidth(embeddings)]),
      }),
      ...(embeddings?.contents && {
        [CONTENTS_INPUT]: tensor(buffers.contents, [count, contentWidth(embeddings.contents)]),
      }),
      [TRAINING.weights]: tensor(buffers.weights, [count, heads.length]),
      [TRAINING.targets]: tensor(buffers.targets, [count, heads.length]),
      [TRAINING.rate]: tensor(Float32Array.of(rate), []),
      [TRAINING.epsilon]: tensor(Float32Array.of(epsilon), []),
      [TRAINING.state.parameters]: vector(learned.parameters),
      [TRAINING.state.means]: vector(learned.means),
      [TRAINING.state.squares]: vector(learned.squares),
      ...Object.fromEntries(
        layout.given.map(({ name, shape }) => [name, tensor(learned.given.get(name)!, shape)]),
      ),
    }
  }

  private fetches(): Record<string, Tensor> {
    const { learned, layout, buffers, spare } = this
    const { heads, embeddings } = learned.definition
    const { rows } = buffers
    const vector = (values: Float32Array): Tensor => tensor(values, [layout.size])
    return {
      [TRAINING.logits]: tensor(buffers.logits, [rows, heads.length]),
      [TRAINING.losses]: tensor(buffers.losses, [heads.length]),
      [TRAINING.next.parameters]: vector(spare.parameters),
      [TRAINING.next.means]: vector(spare.means),
      [TRAINING.next.squares]: vector(spare.squares),
      ...(embeddings && {
        [TRAINING.embeddingGradients]: tensor(buffers.embeddingGradients, [rows, embeddingWidth(embeddings)]),
      }),
    }
  }

  private takeTurns(): void {
    const { learned, spare } = this
    const { parameters, means, squares } = learned
    Object.assign(learned, spare)
    this.spare = { parameters, means, squares }
  }
}

/** What a run reads and writes beside the state, for batches of one length. */
interface Buffers {
  readonly rows: number
  readonly weights: Float32Array
  readonly targets: Float32Array
  readonly vectors: Float32Array
  readonly contents: Float32Array
  readonly embeddingGradients: Float32Array
  readonly logits: Float32Array
  readonly losses: Float32Array
}

const buffersOf = ({ definition, tables }: Learned, rows: number): Buffers => {
  const heads = definition.heads.length
  const width = tables?.width ?? 0
  const { contents } = definition.embeddings ?? {}
  return {
    rows,
    weights: new Float32Array(rows * heads),
    targets: new Float32Array(rows * heads),
    vectors: new Float32Array(rows * width),
    contents: new Float32Array(contents === undefined ? 0 : rows * contentWidth(contents)),
    embeddingGradients: new Float32Array(rows * width),
    logits: new Float32Array(rows * heads),
    losses: new Float32Array(heads),
  }
}

const checkTables = ({ name, embeddings }: NetworkDefinition, tables: EmbeddingTables | undefined): void => {
  const width = embeddings === undefined ? 0 : embeddingWidth(embeddings)
  if ((tables?.width ?? 0) === width) return
  throw new ModelError(
    'NETWORK_INVALID',
    `network ${name} reads vectors of ${width}, tables give ${tables?.width ?? 0}`,
  )
}

const checkContents = ({ name, embeddings }: NetworkDefinition): void => {
  const width = embeddings?.contents === undefined ? CONTENT_BYTES : contentWidth(embeddings.contents)
  if (width === CONTENT_BYTES) return
  throw new ModelError(
    'NETWORK_INVALID',
    `network ${name} reads contents of ${width}, examples have ${CONTENT_BYTES}`,
  )
}

/** A sum is finite where all of its parts are; float32s do not overflow a double. */
const isFinite = (values: Float32Array): boolean => {
  let sum = 0
  for (let index = 0; index < values.length; index++) sum += values[index]!
  return Number.isFinite(sum)
}

const tensor = (values: Float32Array, shape: readonly number[]): Tensor =>
  new Tensor('float32', values, shape)
