import { InferenceSession, Tensor } from 'onnxruntime-node'
import { adamScalars } from '../autodiff/adam.ts'
import { ModelError } from '../errors.ts'
import { PairedFigures } from '../metrics/paired-figures.ts'
import type { HeadReports } from '../metrics/progressive.ts'
import { onnxModel } from '../onnx/model.ts'
import type { Written } from '../snapshot/write.ts'
import { matchFigures } from './match-figures.ts'
import { SamplingFrequency } from './sampling-frequency.ts'
import { ITEM_BYTES, readItem, readViewer, TOWER_INPUTS, type ViewerSide } from './tower-inputs.ts'
import { MATCH_HEAD, writeTowers } from './tower-snapshot.ts'
import { HIDDEN, TOWER_TRAINING, towerTrainingGraph } from './tower-training.ts'
import { priorTowers, TOWERS_SIZE } from './towers.ts'

/** A reaction that speaks for a post, with both sides as they were when it was shown. */
export interface TowerExample {
  readonly viewer: ViewerSide
  readonly postId: string
  /** `ITEM_BYTES`, as `packItem` writes them. */
  readonly item: Int8Array
  /** How much it counts; above 0. */
  readonly weight: number
}

export interface TowerLearnerOptions {
  /** Rows of a batch: each is a negative for all others. */
  readonly batchRows: number
  readonly rate: number
}

export const DEFAULT_TOWER_LEARNER: TowerLearnerOptions = { batchRows: 256, rate: 1e-3 }

/** Batches that figures look back on. */
const BATCHES_MAX = 64

/** Everything that learning goes on from. */
export interface TowerState {
  steps: number
  parameters: Float32Array
  means: Float32Array
  squares: Float32Array
  readonly frequency: SamplingFrequency
}

export const beginTowers = (): TowerState => ({
  steps: 0,
  parameters: priorTowers(),
  means: new Float32Array(TOWERS_SIZE),
  squares: new Float32Array(TOWERS_SIZE),
  frequency: new SamplingFrequency(),
})

/**
 * Learns the two towers, batch by batch. What is learned is a function of the state and the examples in their order;
 * examples that do not fill a batch wait, and belong to no state. One call at a time; runs block their thread.
 */
export class TowerLearner {
  readonly state: TowerState
  private readonly options: TowerLearnerOptions
  private readonly session: InferenceSession
  private readonly viewers: Float32Array
  private readonly items: Float32Array
  private readonly weights: Float32Array
  private readonly frequencies: Float32Array
  private readonly hidden: Float32Array
  private readonly figures = new PairedFigures(BATCHES_MAX)
  private live: Float32Array | null = null
  private taken: TowerExample[] = []

  private constructor(state: TowerState, options: TowerLearnerOptions, session: InferenceSession) {
    const { batchRows } = options
    this.state = state
    this.options = options
    this.session = session
    this.viewers = new Float32Array(batchRows * TOWER_INPUTS)
    this.items = new Float32Array(batchRows * TOWER_INPUTS)
    this.weights = new Float32Array(batchRows)
    this.frequencies = new Float32Array(batchRows)
    this.hidden = new Float32Array(batchRows * batchRows)
  }

  static async create(
    state: TowerState = beginTowers(),
    options: TowerLearnerOptions = DEFAULT_TOWER_LEARNER,
  ): Promise<TowerLearner> {
    const session = await InferenceSession.create(onnxModel(towerTrainingGraph()), {
      intraOpNumThreads: 1,
      interOpNumThreads: 1,
      executionMode: 'sequential',
    })
    return new TowerLearner(state, options, session)
  }

  /** Examples taken that wait for their batch to be full. */
  get waiting(): number {
    return this.taken.length
  }

  /** From now on examples are foreseen by towers that are live as well; null: by nothing else. Reports of them begin anew. */
  compareWith(live: Float32Array | null): void {
    if (live !== this.live) this.figures.forgetLive()
    this.live = live
  }

  /** How the last examples were foreseen before they were learned, by either side, as far as both did. */
  report(side: 'learner' | 'live', isCompared?: boolean): HeadReports {
    const { count, loss, share } = this.figures.report(side, isCompared)
    return { [MATCH_HEAD]: { kind: 'match', count, loss, auc: share } }
  }

  /** Takes examples, and learns whenever a batch is full; answers the mean loss of each. Throws `TRAINING_DIVERGED`. */
  async learn(examples: Iterable<TowerExample>): Promise<readonly number[]> {
    const losses: number[] = []
    for (const example of examples) {
      const learned = this.take(example)
      if (learned !== undefined) losses.push(await learned)
    }
    return losses
  }

  /** Takes one example; answers the step to wait for where it fills a batch. Throws as `learn`. */
  take(example: TowerExample): Promise<number> | undefined {
    if (example.item.length !== ITEM_BYTES)
      throw new RangeError(`an item of ${example.item.length} bytes, ${ITEM_BYTES} are needed`)
    return this.taken.push(example) === this.options.batchRows ? this.step() : undefined
  }

  /** Writes what serves: the towers as they are now. */
  async snapshot(root: string): Promise<Written> {
    return writeTowers(root, 'trained', this.state.parameters)
  }

  async dispose(): Promise<void> {
    await this.session.release()
  }

  private async step(): Promise<number> {
    const { state } = this
    const rows = this.taken.length
    this.fill(this.taken)
    this.taken = []
    const next = await this.session.run(this.feeds(rows, state.parameters))
    const values = (name: string): Float32Array => next[name]!.data as Float32Array
    const { loss, products, next: names } = TOWER_TRAINING
    const parameters = values(names.parameters)
    if (!parameters.every(Number.isFinite))
      throw new ModelError('TRAINING_DIVERGED', `towers, step ${state.steps + 1}`)
    await this.judge(rows, values(products))
    state.steps++
    Object.assign(state, { parameters, means: values(names.means), squares: values(names.squares) })
    return values(loss)[0]!
  }

  private fill(examples: readonly TowerExample[]): void {
    const { state, weights } = this
    const sum = examples.reduce((total, { weight }) => total + weight, 0)
    for (const [row, { viewer, item, postId, weight }] of examples.entries()) {
      readViewer(viewer, this.viewers, row * TOWER_INPUTS)
      readItem(item, 0, this.items, row * TOWER_INPUTS)
      weights[row] = weight / sum
      this.frequencies[row] = state.frequency.meet(postId, state.steps + 1)
    }
    this.hideRepeated(examples)
  }

  /** What comes several times is one post that might have been shown, and none instead of itself. */
  private hideRepeated(examples: readonly TowerExample[]): void {
    const times = Map.groupBy(examples, ({ postId }) => postId)
    const less = examples.map(({ postId }) => -Math.log(times.get(postId)!.length))
    for (const [row, { postId }] of examples.entries()) {
      const at = row * examples.length
      this.hidden.set(less, at)
      for (const [column, other] of examples.entries()) {
        if (other.postId === postId) this.hidden[at + column] = column === row ? 0 : HIDDEN
      }
    }
  }

  private async judge(rows: number, products: Float32Array): Promise<void> {
    const { live, weights, frequencies, hidden } = this
    const pairs = { rows, weights, frequencies, hidden }
    const own = matchFigures(products, pairs)
    if (live === null) return this.figures.add(rows, own, null)
    const { products: name } = TOWER_TRAINING
    // The step that comes with it is not taken.
    const answers = await this.session.run(this.feeds(rows, live), [name])
    this.figures.add(rows, own, matchFigures(answers[name]!.data as Float32Array, pairs))
  }

  private feeds(rows: number, parameters: Float32Array): Record<string, Tensor> {
    const { means, squares, steps } = this.state
    const { rate, epsilon } = adamScalars(this.options.rate, steps + 1)
    const names = TOWER_TRAINING
    return {
      [names.viewers]: tensor(this.viewers, [rows, TOWER_INPUTS]),
      [names.items]: tensor(this.items, [rows, TOWER_INPUTS]),
      [names.weights]: tensor(this.weights, [rows, 1]),
      [names.frequencies]: tensor(this.frequencies, [1, rows]),
      [names.ownFrequencies]: tensor(this.frequencies, [rows, 1]),
      [names.hidden]: tensor(this.hidden, [rows, rows]),
      [names.parameters]: tensor(parameters, [TOWERS_SIZE]),
      [names.means]: tensor(means, [TOWERS_SIZE]),
      [names.squares]: tensor(squares, [TOWERS_SIZE]),
      [names.rate]: tensor(Float32Array.of(rate), []),
      [names.epsilon]: tensor(Float32Array.of(epsilon), []),
    }
  }
}

const tensor = (values: Float32Array, shape: readonly number[]): Tensor =>
  new Tensor('float32', values, shape)
