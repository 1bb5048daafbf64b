import { rm } from 'node:fs/promises'
import { Learner, type LearnerOptions } from '../../models/training/learner.ts'
import type { Example } from '../../schemas/examples/index.ts'
import { StandingModel } from './standing-model.ts'

/** Where it begins, and where it leaves what it writes. */
interface Places {
  /** Of the snapshot that serves before anything is learned. */
  readonly prior: string
  readonly checkpoints: string
  readonly snapshots: string
}

/**
 * What learns as the trainer does, but for one thing: it waits until a slate has settled, and learns each post of it
 * once, with all labels that came meanwhile. It foresees everything when it is first heard of, as all others do.
 */
export class WaitingModel {
  readonly foreseeing: StandingModel
  private readonly learner: Learner
  private readonly snapshots: string

  private constructor(foreseeing: StandingModel, learner: Learner, snapshots: string) {
    this.foreseeing = foreseeing
    this.learner = learner
    this.snapshots = snapshots
  }

  static async open(
    { prior, checkpoints, snapshots }: Places,
    options: LearnerOptions,
    window: number,
  ): Promise<WaitingModel> {
    const foreseeing = await StandingModel.open(prior, window)
    const { learner } = await Learner.open(checkpoints, options)
    return new WaitingModel(foreseeing, learner, snapshots)
  }

  /** What only tells how a slate goes before it settles is not learned. */
  async take(example: Example): Promise<void> {
    await this.foreseeing.take(example)
    if (!example.isEarly) await this.learner.take(example)
  }

  /** From now on it foresees by all that it learned. */
  async replace(): Promise<void> {
    await this.learner.flush()
    const { directory } = await this.learner.snapshot(this.snapshots)
    await this.foreseeing.replace(directory)
    await rm(directory, { recursive: true })
  }

  async dispose(): Promise<void> {
    await this.foreseeing.dispose()
    await this.learner.dispose()
  }
}
