import { InferenceSession, Tensor } from 'onnxruntime-node'
import { adamScalars } from '../autodiff/adam.ts'
import { ModelError } from '../errors.ts'
import { PARITY_ROWS, type ParitySample } from '../gate/parity.ts'
import { INPUT } from '../network/forward.ts'
import { ParameterLayout } from '../network/parameter-layout.ts'
import { onnxModel } from '../onnx/model.ts'
import { PairedFigures } from '../metrics/paired-figures.ts'
import type { HeadReports } from '../metrics/progressive.ts'
import { priorParameters } from '../prior/prior.ts'
import { KEEP_HEAD } from '../heads.ts'
import { LIGHT_NETWORK } from '../rankers.ts'
import type { ScoringSession } from '../scoring/session.ts'
import { writeSnapshot, type Written } from '../snapshot/write.ts'
import { ColumnMoments, type MomentSums, noMoments } from '../training/column-moments.ts'
import { beginLearning, type Learned } from '../training/train-step.ts'
import { LIGHT_TRAINING, lightTrainingGraph, SCORE_MAX } from './light-training.ts'
import { rankingFigures } from './ranking-figures.ts'
import { type RankingSample, SAMPLE_ROWS } from './ranking-sample.ts'
import { teach } from './teacher.ts'

export interface LightLearnerOptions {
  /** Rankings learned from in one step. */
  readonly batchSamples: number
  readonly rate: number
}

export const DEFAULT_LIGHT_LEARNER: LightLearnerOptions = { batchSamples: 8, rate: 2e-3 }

/** Samples that figures look back on. */
const SAMPLES_MAX = 512

/** Everything that learning goes on from. */
export interface LightState {
  readonly learned: Learned
  readonly moments: MomentSums
}

/** Begins with the prior. */
export const beginLight = (): LightState => ({
  learned: beginLearning(LIGHT_NETWORK, priorParameters('light')),
  moments: noMoments(LIGHT_NETWORK),
})

/**
 * The light ranker as it learns what the heavy one would keep. What is learned is a function of the state and the
 * samples in their order; samples that do not fill a batch wait, and belong to no state. One call at a time.
 */
export class LightLearner {
  readonly state: LightState
  private readonly options: LightLearnerOptions
  private readonly session: InferenceSession
  private readonly columns: ColumnMoments
  private readonly layout = new ParameterLayout(LIGHT_NETWORK)
  private readonly rows: Float32Array
  private readonly teacher: Float32Array
  private readonly shares: Float32Array
  private readonly scores: Float32Array
  private readonly figures = new PairedFigures(SAMPLES_MAX)
  private live: Pick<ScoringSession, 'score'> | null = null
  private readonly members: Float32Array
  private count = 0

  private constructor(
    state: LightState,
    options: LightLearnerOptions,
    session: InferenceSession,
    columns: ColumnMoments,
  ) {
    const rowsMax = options.batchSamples * SAMPLE_ROWS
    this.state = state
    this.options = options
    this.session = session
    this.columns = columns
    this.rows = new Float32Array(rowsMax * LIGHT_NETWORK.row.width)
    this.teacher = new Float32Array(rowsMax)
    this.shares = new Float32Array(rowsMax)
    this.scores = new Float32Array(rowsMax)
    this.members = new Float32Array(options.batchSamples * rowsMax)
    for (let row = 0; row < rowsMax; row++) this.members[Math.floor(row / SAMPLE_ROWS) * rowsMax + row] = 1
  }

  static async create(
    state: LightState = beginLight(),
    options: LightLearnerOptions = DEFAULT_LIGHT_LEARNER,
  ): Promise<LightLearner> {
    const session = await InferenceSession.create(onnxModel(lightTrainingGraph(LIGHT_NETWORK)), {
      intraOpNumThreads: 1,
      interOpNumThreads: 1,
      executionMode: 'sequential',
    })
    return new LightLearner(state, options, session, await ColumnMoments.create(LIGHT_NETWORK, state.moments))
  }

  /** Samples taken that wait for their batch to be full. */
  get waiting(): number {
    return this.count
  }

  /** From now on samples are foreseen by what is live as well; null: by nothing else. Reports of it begin anew. */
  compareWith(live: Pick<ScoringSession, 'score'> | null): void {
    if (live !== this.live) this.figures.forgetLive()
    this.live = live
  }

  /** How the last samples were foreseen before they were learned, by either side, as far as both did. */
  report(side: 'learner' | 'live', isCompared?: boolean): HeadReports {
    const { count, loss, share } = this.figures.report(side, isCompared)
    return { [KEEP_HEAD.name]: { kind: 'ranking', count, loss, kept: share } }
  }

  /** Takes samples, and learns whenever a batch is full; answers the mean loss of each. Throws `TRAINING_DIVERGED`. */
  async learn(samples: Iterable<RankingSample>): Promise<readonly number[]> {
    const losses: number[] = []
    for (const sample of samples) {
      const learned = this.take(sample)
      if (learned !== undefined) losses.push(await learned)
    }
    return losses
  }

  /** Writes what serves: the network as it is now. Throws `NETWORK_INVALID`. */
  async snapshot(root: string): Promise<Written> {
    const { parameters, given } = this.state.learned
    return writeSnapshot(root, 'light', 'trained', this.layout.parametersOf(parameters, given))
  }

  /** What it says as it is now, by the graph that learns, of rows that it learned last; of empty ones before any. */
  async parity(): Promise<ParitySample> {
    const { scores } = LIGHT_TRAINING
    // The step that comes with it is not taken.
    const answers = await this.session.run(this.feeds(this.options.batchSamples), [scores])
    const logits = answers[scores]!.data as Float32Array
    return { rows: this.rows, count: PARITY_ROWS, logits, scoreMax: SCORE_MAX }
  }

  async dispose(): Promise<void> {
    await this.session.release()
    await this.columns.dispose()
  }

  /** Takes one sample; answers the step to wait for where it fills a batch. Throws as `learn`. */
  take({ rows, values, shares }: RankingSample): Promise<number> | undefined {
    const at = this.count * SAMPLE_ROWS
    this.rows.set(rows, at * LIGHT_NETWORK.row.width)
    teach(values, shares, this.teacher, at)
    this.shares.set(shares, at)
    return ++this.count === this.options.batchSamples ? this.step() : undefined
  }

  private async step(): Promise<number> {
    const { learned } = this.state
    const samples = this.count
    this.count = 0
    await this.columns.measure({ rows: this.rows, count: samples * SAMPLE_ROWS }, learned)
    const { loss, scores, next } = LIGHT_TRAINING
    const answers = await this.session.run(this.feeds(samples))
    const values = (name: string): Float32Array => answers[name]!.data as Float32Array
    const parameters = values(next.parameters)
    if (!parameters.every(Number.isFinite)) {
      throw new ModelError('TRAINING_DIVERGED', `light, step ${learned.steps + 1}`)
    }
    await this.judge(samples, values(scores))
    Object.assign(learned, { parameters, means: values(next.means), squares: values(next.squares) })
    learned.steps++
    return values(loss)[0]! / samples
  }

  private async judge(samples: number, scores: Float32Array): Promise<void> {
    const { live, teacher, shares } = this
    if (live !== null) await live.score(this.rows, samples * SAMPLE_ROWS, this.scores)
    for (let at = 0; at < samples * SAMPLE_ROWS; at += SAMPLE_ROWS) {
      const sample = { teacher, shares, at }
      const own = rankingFigures(scores, sample)
      this.figures.add(1, own, live && rankingFigures(this.scores, sample))
    }
  }

  private feeds(samples: number): Record<string, Tensor> {
    const { learned } = this.state
    const { rate, epsilon } = adamScalars(this.options.rate, learned.steps + 1)
    const { layout } = this
    const rows = samples * SAMPLE_ROWS
    const names = LIGHT_TRAINING
    return {
      [INPUT]: tensor(this.rows, [rows, LIGHT_NETWORK.row.width]),
      [names.teacher]: tensor(this.teacher, [rows, 1]),
      [names.logShares]: tensor(this.shares.map(Math.log), [rows, 1]),
      [names.members]: tensor(this.members, [samples, rows]),
      [names.parameters]: tensor(learned.parameters, [layout.size]),
      [names.means]: tensor(learned.means, [layout.size]),
      [names.squares]: tensor(learned.squares, [layout.size]),
      [names.rate]: tensor(Float32Array.of(rate), []),
      [names.epsilon]: tensor(Float32Array.of(epsilon), []),
      ...Object.fromEntries(
        layout.given.map(({ name, shape }) => [name, tensor(learned.given.get(name)!, shape)]),
      ),
    }
  }
}

const tensor = (values: Float32Array, shape: readonly number[]): Tensor =>
  new Tensor('float32', values, shape)
