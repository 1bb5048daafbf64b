import type { Clock } from '../../engine/clock.ts'
import { FrameCursor } from '../../engine/log/frame.ts'
import type { StoredFrame } from '../../engine/log/port.ts'
import { ContractError } from '../../schemas/contract.ts'
import { type Example, examples as contract } from '../../schemas/examples/index.ts'
import type { HeadReports } from '../metrics/progressive.ts'
import type { Written } from '../snapshot/write.ts'
import type { ExampleSource } from './example-source.ts'
import type { Counts } from './example-flow.ts'
import { DEFAULT_LEARNER, Learner, type LearnerOptions } from './learner.ts'

export interface TrainerOptions {
  readonly learner: LearnerOptions
  /** A snapshot is made after so many examples, or so long after the last one when there were any. */
  readonly snapshotExamples: number
  readonly snapshotMs: number
}

export const DEFAULT_TRAINER: TrainerOptions = {
  learner: DEFAULT_LEARNER,
  snapshotExamples: 65_536,
  snapshotMs: 30_000,
}

/** Times of labels that a snapshot tells: of more of them every other one is left out. */
export const LABEL_TIMES_MAX = 4_096

/** Examples that the evidence of an offer looks back on. */
const EVIDENCE_EXAMPLES = 16_384

export interface Foreseen {
  readonly learner: HeadReports
  readonly served: HeadReports
}

/** A snapshot that could serve, with what there is to judge it by. */
export interface SnapshotOffer extends Written {
  /** Examples learned from so far, since the trainer was opened. */
  readonly examples: number
  /** Time of the latest, in milliseconds; 0 before any. */
  readonly trainedUntil: number
  /** The last examples, each foreseen before it was learned: by what is offered, and by what served them. */
  readonly foreseen: () => Foreseen
  /** When people did what was learned since the last offer, as far as it is remembered. */
  readonly labelTimes: readonly number[]
}

/** Hears of snapshots. Where it throws, the trainer stops. */
export type TakeOffer = (offer: SnapshotOffer) => Promise<void>

export interface TrainerParts {
  readonly source: ExampleSource
  /** Directories: of checkpoints, and of snapshots. One trainer each. */
  readonly checkpoints: string
  readonly snapshots: string
  readonly clock: Clock
  readonly offer: TakeOffer
}

/** How a trainer's owner lets it wait and end. */
export interface TrainerControl {
  stopping(): boolean
  /** Waits until there may be more examples, or for so long. */
  idle(ms: number): Promise<void>
  /** Told now and then that it has gone on. */
  told?(): void
}

/** How far a trainer is. */
export interface Progress {
  readonly examples: number
  readonly steps: number
  readonly counts: Counts
  /** Examples that were no examples: bytes that the contract refuses. */
  readonly undecodable: number
  readonly snapshots: number
  readonly position: Readonly<Record<string, number>>
}

const IDLE_MS = 1_000

/**
 * Follows the examples from where its last checkpoint stands, learns them in order, and makes snapshots. Position and
 * weights are one checkpoint, so after a crash nothing is skipped or learned twice; what is learned is a function of
 * the examples, their order, and where snapshots were made. One call at a time. Learning blocks its thread.
 */
export class Trainer {
  readonly learner: Learner
  private readonly parts: TrainerParts
  private readonly options: TrainerOptions
  private readonly position: number[]
  private readonly cursor = new FrameCursor()
  private examples = 0
  private undecodable = 0
  private snapshots = 0
  private sinceSnapshot = 0
  private snapshotAtMs: number
  private labelTimes: number[] = []
  private labelStride = 1
  private labels = 0

  private constructor(parts: TrainerParts, options: TrainerOptions, learner: Learner, position: number[]) {
    this.parts = parts
    this.options = options
    this.learner = learner
    this.position = position
    this.snapshotAtMs = parts.clock.monotonicMs()
  }

  /** Goes on from the newest checkpoint, or begins with the prior. Throws `CHECKPOINT_OTHER`. */
  static async open(parts: TrainerParts, options: TrainerOptions = DEFAULT_TRAINER): Promise<Trainer> {
    const { learner, position } = await Learner.open(parts.checkpoints, options.learner)
    const offsets = Array.from({ length: parts.source.partitions }, (_, index) => position[index] ?? 0)
    return new Trainer(parts, options, learner, offsets)
  }

  get progress(): Progress {
    const { learner, examples, undecodable, snapshots } = this
    const position = Object.fromEntries(this.position.entries())
    return { examples, steps: learner.steps, counts: learner.counts, undecodable, snapshots, position }
  }

  /** Learns until it is stopped, then makes a last snapshot. Throws what learning, the source and offers throw. */
  async run(control: TrainerControl): Promise<void> {
    // What an earlier run learned serves from the start.
    if (this.learner.steps > 0) await this.offer()
    while (!control.stopping()) {
      const taken = await this.catchUp(control)
      control.told?.()
      if (taken === 0) await control.idle(Math.min(IDLE_MS, this.options.snapshotMs))
    }
    if (this.sinceSnapshot > 0) await this.snapshot()
  }

  /** Learns what is there by now, making snapshots when they are due; answers how many examples that were. */
  async catchUp(control?: Pick<TrainerControl, 'stopping' | 'told'>): Promise<number> {
    const before = this.examples
    for (let isMore = true; isMore && !(control?.stopping() ?? false);) {
      isMore = false
      for (let partition = 0; partition < this.position.length; partition++) {
        const frames = await this.parts.source.read(partition, this.position[partition]!)
        for (const frame of frames) await this.learnFrame(partition, frame)
        isMore ||= frames.length > 0
        control?.told?.()
      }
    }
    await this.snapshotWhenDue()
    return this.examples - before
  }

  /** Writes a checkpoint and a snapshot of what is learned, and offers it. */
  async snapshot(): Promise<void> {
    this.sinceSnapshot = 0
    await this.learner.checkpoint(this.parts.checkpoints, Object.fromEntries(this.position.entries()))
    await this.offer()
  }

  async dispose(): Promise<void> {
    await this.learner.dispose()
  }

  private async offer(): Promise<void> {
    const { parts, learner } = this
    const written = await learner.snapshot(parts.snapshots)
    const { labelTimes } = this
    this.labelTimes = []
    this.labelStride = 1
    this.labels = 0
    this.snapshotAtMs = parts.clock.monotonicMs()
    this.snapshots++
    await parts.offer({
      ...written,
      examples: this.examples,
      trainedUntil: learner.trainedUntil,
      foreseen: () => ({
        learner: learner.metrics.report('learner', 0, EVIDENCE_EXAMPLES, true),
        served: learner.metrics.report('served', 0, EVIDENCE_EXAMPLES),
      }),
      labelTimes,
    })
  }

  private async learnFrame(partition: number, { baseOffset, frame }: StoredFrame): Promise<void> {
    const { cursor } = this
    cursor.over(frame)
    while (cursor.next()) {
      const offset = baseOffset + cursor.index
      if (offset < this.position[partition]!) continue
      const example = this.decode()
      this.position[partition] = offset + 1
      if (example === undefined) continue
      await this.learn(example)
    }
    // A frame without records says that nothing lies before its offset.
    this.position[partition] = Math.max(this.position[partition]!, baseOffset + frame.count)
    await this.snapshotWhenDue()
  }

  private async learn(example: Example): Promise<void> {
    const waiting = this.learner.take(example)
    if (waiting !== undefined) await waiting
    this.examples++
    for (const { at } of example.labels) this.noteLabel(at)
    if (++this.sinceSnapshot >= this.options.snapshotExamples) await this.snapshot()
  }

  private decode(): Example | undefined {
    const { buffer, valueStart, valueEnd } = this.cursor
    try {
      return contract.decode(buffer, valueStart, valueEnd)
    } catch (error) {
      if (!(error instanceof ContractError)) throw error
      this.undecodable++
      return undefined
    }
  }

  private noteLabel(at: number): void {
    if (this.labels++ % this.labelStride !== 0) return
    this.labelTimes.push(at)
    if (this.labelTimes.length < LABEL_TIMES_MAX) return
    this.labelTimes = this.labelTimes.filter((_, index) => index % 2 === 0)
    this.labelStride *= 2
  }

  private async snapshotWhenDue(): Promise<void> {
    const { clock } = this.parts
    if (this.sinceSnapshot > 0 && clock.monotonicMs() - this.snapshotAtMs >= this.options.snapshotMs)
      await this.snapshot()
  }
}
