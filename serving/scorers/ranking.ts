import { CONTENT_BYTES } from '../../models/embeddings/contents.ts'
import type { ScorerPool } from '../../models/scoring/pool.ts'
import type { Lease, Matrix } from '../../models/scoring/types.ts'
import type { RowStream } from '../../models/scoring/row-stream.ts'
import type { SnapshotManifest } from '../../models/snapshot/manifest.ts'
import { rankingRow } from '../../models/ranking-row.ts'
import type { HeadTrace, SignedWeights } from '../../models/value-model.ts'
import { CONTENT_DIMENSIONS } from '../../processors/content/direction.ts'
import { packedBytesMax, packInto } from '../../schemas/impressions/packed-features.ts'
import type { Candidate, Source } from '../candidate.ts'
import type { RowRequest } from '../rows/view-keys.ts'
import type { Filled, RowWork } from '../rows/row-work.ts'
import type { Assigned } from '../experiments/rankings.ts'
import type { Configuration } from '../rules/config.ts'
import type { ScorerStage } from '../pipeline/stage.ts'

/** Where scores come from. */
export type Scorers = Pick<ScorerPool, 'lease' | 'manifests'>

/** Pass 0, pass 1 and pass 2 of one request. */
export type Passes = readonly [light: ScorerStage, heavy: ScorerStage, rules: ScorerStage]

/** What rankings draw on, made once. */
export interface RankingParts {
  readonly scorers: Scorers
  takeWork(): RowWork
  giveBack(work: RowWork): void
}

/** Candidates whose light rows are filled, each as its source was then. */
interface Prepared {
  readonly candidates: readonly Candidate[]
  readonly sources: readonly Source[]
  readonly stream: RowStream
}

/**
 * One request's ranking while it goes on: the scorer's lease, the rows, and what the passes found. Must be
 * released, once; what is to outlast it is copied out before.
 */
export class Ranking {
  readonly request: RowRequest
  readonly passes: Passes
  readonly configuration: Configuration
  /** `EXPERIMENT/ARM`; null outside of all. */
  readonly experiment: string | null
  /** What heads are worth to this viewer: known once pass 1 read who they are. */
  weights: SignedWeights
  /** By place in the final order and rule; empty before pass 2. */
  factors: Float32Array = new Float32Array(0)
  /** By place: probability that the place holds what it holds; null when nothing was left to chance. */
  propensities: Float64Array | null = null
  private readonly parts: RankingParts
  private readonly work: RowWork
  private readonly pending = new Set<Promise<unknown>>()
  private prepared: Promise<Prepared | null> | null = null
  private leasing: Promise<Lease> | undefined
  private held: Lease | undefined
  private heavyIsScored = false
  private lightIsScored = false
  private isReleased = false

  constructor(
    request: RowRequest,
    { configuration, experiment }: Assigned,
    parts: RankingParts,
    passesOf: (ranking: Ranking) => Passes,
  ) {
    this.request = request
    this.configuration = configuration
    this.experiment = experiment
    this.weights = configuration.valueModel.weightsFor(0)
    this.passes = passesOf(this)
    this.parts = parts
    this.work = parts.takeWork()
  }

  /** Begins to fill and score the light rows of candidates, while those after them are still looked for. */
  prepare(candidates: readonly Candidate[]): void {
    if (candidates.length === 0) return
    const prepared = { candidates, sources: candidates.map(({ source }) => source) }
    const begun = this.beginLight(candidates).then((stream) => ({ ...prepared, stream }))
    // What fails here is tried again by pass 0, which says why it fails.
    this.prepared = begun.catch(() => null)
    this.pending.add(this.prepared)
  }

  /** Fills and scores the light rows; answers the scores, which are valid until the ranking is released. */
  async scoreLight(candidates: readonly Candidate[], signal: AbortSignal): Promise<Float32Array> {
    const lease = await this.lease(signal)
    assertFits(candidates.length, lease.light)
    const stream = (await this.preparedFor(candidates, signal)) ?? lease.stream('light')
    await this.scoreWhileFilling(stream, (filled) =>
      this.work.light(candidates, this.request, lease.light, filled, stream.rows),
    )
    this.lightIsScored = true
    return lease.light.outputs
  }

  private async beginLight(candidates: readonly Candidate[]): Promise<RowStream> {
    const lease = await this.lease()
    assertFits(candidates.length, lease.light)
    const stream = lease.stream('light')
    await filling(stream, (filled) => this.work.light(candidates, this.request, lease.light, filled))
    return stream
  }

  /** What was prepared of these candidates; null where that was nothing, or they have become others since. */
  private async preparedFor(
    candidates: readonly Candidate[],
    signal: AbortSignal,
  ): Promise<RowStream | null> {
    const prepared = await this.prepared
    this.prepared = null
    const isOf = prepared?.candidates.every(
      (each, place) => each === candidates[place] && each.source === prepared.sources[place],
    )
    if (isOf === true && !signal.aborted) return prepared!.stream
    if (prepared) await this.after(prepared.stream.end())
    signal.throwIfAborted()
    return null
  }

  /** Light rows as they were scored, in the order of candidates, until the ranking is released; null before. */
  get lightRows(): Pick<Matrix, 'rows' | 'width'> | null {
    return this.held !== undefined && this.lightIsScored ? this.held.light : null
  }

  /** Tells which of the candidates scored last go on, by their places: their rows need not be read again. */
  keep(kept: readonly Candidate[], places: Uint32Array): void {
    this.work.keep(kept, places)
  }

  /** Fills and scores the heavy rows; answers the outputs, a row of heads a candidate. */
  async scoreHeavy(candidates: readonly Candidate[], signal: AbortSignal): Promise<Float32Array> {
    const lease = await this.lease(signal)
    assertFits(candidates.length, lease.heavy)
    // A pass 0 that was too late may still read: its tables are this pass's too.
    await this.settled()
    // What is late as well begins nothing more: by now the tables may be another request's.
    signal.throwIfAborted()
    await this.scoreWhileFilling(lease.stream('heavy'), (filled) =>
      this.work.heavy(candidates, this.request, lease.heavy, filled),
    )
    this.heavyIsScored = true
    // The viewer's columns are the same in every row.
    if (candidates.length > 0)
      this.weights = this.configuration.valueModel.weightsFor(lease.heavy.rows[ACTIVITY_COLUMN]!)
    return lease.heavy.outputs
  }

  /** What the next scores would be made by; of a ranking that scored, what they were made by. */
  get manifests(): Lease['manifests'] {
    return this.held?.manifests ?? this.parts.scorers.manifests
  }

  get heavy(): SnapshotManifest {
    return this.manifests.heavy
  }

  /** How the expected value of a candidate came about; none where pass 1 did not score it. */
  headTrace({ row }: Candidate): HeadTrace[] {
    if (row < 0 || !this.heavyIsScored) return []
    return this.configuration.valueModel.trace(this.held!.heavy.outputs, row, this.weights)
  }

  /** Copies the heads of a candidate; zeros where pass 1 did not score it. */
  copyHeads({ row }: Candidate, into: Float32Array, offset: number): void {
    if (row < 0 || !this.heavyIsScored) return
    const { outputs, heads } = this.held!.heavy
    for (let head = 0; head < heads; head++) into[offset + head] = outputs[row * heads + head]!
  }

  /** Copies what a candidate is about, as it was scored; leaves zeros where pass 1 did not score it, or it says nothing. */
  copyContent({ row }: Candidate, into: Uint8Array, at: number): void {
    if (row < 0 || !this.heavyIsScored) return
    const { contents } = this.held!.heavy
    const start = row * CONTENT_BYTES
    for (let index = 0; index < CONTENT_DIMENSIONS; index++) into[at + index] = contents[start + index]!
  }

  /** Bytes that the features of one candidate take at most. */
  get featureBytesMax(): number {
    return this.heavyIsScored ? packedBytesMax(this.held!.heavy.width) : 0
  }

  /** Packs the row as it was scored; answers the position after it, the same one where there is no row. */
  packFeatures({ row }: Candidate, target: Buffer, at: number): number {
    if (row < 0 || !this.heavyIsScored) return at
    const { rows, width } = this.held!.heavy
    return packInto(new Uint32Array(rows.buffer, rows.byteOffset), row * width, width, target, at)
  }

  /** Gives the lease and the tables back, once nothing works on them any more. */
  release(): void {
    if (this.isReleased) return
    this.isReleased = true
    void this.settled().then(() => this.giveBack())
  }

  private giveBack(): void {
    this.parts.giveBack(this.work)
    if (this.held !== undefined) this.held.release()
    // A lease that was waited for in vain may still come.
    else this.leasing?.then((lease) => lease.release()).catch(() => undefined)
    this.held = undefined
    this.heavyIsScored = false
    this.lightIsScored = false
  }

  private async lease(signal?: AbortSignal): Promise<Lease> {
    if (this.held !== undefined) return this.held
    this.leasing ??= this.parts.scorers.lease(signal)
    try {
      return (this.held = await this.leasing)
    } catch (error) {
      this.leasing = undefined
      throw error
    }
  }

  /** Has rows scored while those after them are being filled: one piece of work, for whoever waits until it is done. */
  private async scoreWhileFilling(stream: RowStream, fill: (filled: Filled) => Promise<void>): Promise<void> {
    await this.after(filling(stream, fill).then(() => stream.end()))
  }

  private async after<Result>(work: Promise<Result>): Promise<Result> {
    this.pending.add(work)
    try {
      return await work
    } finally {
      this.pending.delete(work)
    }
  }

  private async settled(): Promise<void> {
    if (this.pending.size > 0) await Promise.allSettled(this.pending)
  }
}

/** Fills rows of a stream; where that fails, the stream ends: why it failed says more than what became of rows before. */
const filling = async (stream: RowStream, fill: (filled: Filled) => Promise<void>): Promise<void> => {
  try {
    await fill((rows) => stream.filled(rows))
  } catch (error) {
    await stream.end().catch(() => undefined)
    throw error
  }
}

/** How active the viewer is. */
const ACTIVITY_COLUMN = rankingRow.indexOf('user.engagements.decayed_30d')

const assertFits = (rows: number, { rowsMax }: Matrix): void => {
  if (rows > rowsMax) throw new RangeError(`${rows} candidates, at most ${rowsMax} rows are scored at once`)
}
