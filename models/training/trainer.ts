import type { Clock } from '../../engine/clock.ts'
import { type Example, examples as exampleContract } from '../../schemas/examples/index.ts'
import { type LoggedRankingSample, rankingSamples } from '../../schemas/ranking-samples/index.ts'
import {
  beginLight,
  DEFAULT_LIGHT_LEARNER,
  LightLearner,
  type LightLearnerOptions,
} from '../distillation/light-learner.ts'
import type { Comparison } from '../gate/evidence.ts'
import type { ParitySample } from '../gate/parity.ts'
import {
  beginTowers,
  DEFAULT_TOWER_LEARNER,
  TowerLearner,
  type TowerLearnerOptions,
} from '../retrieval/tower-learner.ts'
import type { Written } from '../snapshot/write.ts'
import type { BegunAnew } from './checkpoint.ts'
import type { Beside } from './checkpoint-states.ts'
import { heavyCourse, lightCourse, towerCourse } from './courses.ts'
import type { Counts } from './example-flow.ts'
import { type Followed, FollowedTopic } from './followed-topic.ts'
import { LabelTimes } from './label-times.ts'
import { lockLearning } from './learning-lock.ts'
import { DEFAULT_LEARNER, Learner, type LearnerOptions } from './learner.ts'
import { type LiveOf, LiveOpponents } from './live-opponents.ts'
import type { Position } from './standing.ts'
import { type CourseProgress, Student } from './student.ts'
import type { TopicSource } from './topic-source.ts'

export interface TrainerOptions {
  readonly learner: LearnerOptions
  readonly light: LightLearnerOptions
  readonly towers: TowerLearnerOptions
  /** Snapshots are made after so many examples, or so long after the last ones when there was anything to learn. */
  readonly snapshotExamples: number
  readonly snapshotMs: number
}

export const DEFAULT_TRAINER: TrainerOptions = {
  learner: DEFAULT_LEARNER,
  light: DEFAULT_LIGHT_LEARNER,
  towers: DEFAULT_TOWER_LEARNER,
  snapshotExamples: 65_536,
  snapshotMs: 30_000,
}

/** A snapshot that could serve, with what there is to judge it by. */
export interface SnapshotOffer extends Written {
  /** What it learned from since the trainer was opened: examples, samples of rankings, or pairs. */
  readonly examples: number
  /** Time of the latest, in milliseconds; 0 before any. */
  readonly trainedUntil: number
  /** The last of them, each foreseen before it was learned: by what is offered, and by what was live. */
  readonly comparison: () => Comparison
  /** What learned it says of some rows, by the graph that learns; null where a snapshot is no graph. */
  readonly parity: ParitySample | null
  /** When people did what the heavy ranker learned since its last offer, as far as it is remembered. */
  readonly labelTimes: readonly number[]
}

/** Hears of snapshots. Where it throws, the trainer stops. */
export type TakeOffer = (offer: SnapshotOffer) => Promise<void>

export interface TrainerParts {
  readonly examples: TopicSource
  /** Samples of rankings. */
  readonly samples: TopicSource
  /** Directories: of checkpoints, and of snapshots. One trainer each. */
  readonly checkpoints: string
  readonly snapshots: string
  readonly clock: Clock
  /** What is live of the models whose foresight no impression logs. */
  readonly live: LiveOf
  readonly offer: TakeOffer
}

/** How a trainer's owner lets it wait and end. */
export interface TrainerControl {
  stopping(): boolean
  /** Waits until there may be more to learn, or for so long. */
  idle(ms: number): Promise<void>
  /** Told now and then that it has gone on. */
  told?(): void
}

/** How far a trainer is: the heavy ranker, and the others. */
export interface Progress extends CourseProgress {
  readonly counts: Counts
  /** Records that were none: bytes that the contract refuses. */
  readonly undecodable: number
  /** Examples that were forgotten before their slate settled: those are learned twice. */
  readonly unsettledForgotten: number
  readonly snapshots: number
  /** Models that began with their priors though there was a checkpoint: it was learned by other networks. */
  readonly begunAnew: number
  readonly light: CourseProgress
  readonly retrieval: CourseProgress
}

const IDLE_MS = 1_000

/**
 * Follows examples and samples of rankings from where its last checkpoint stands, learns them in order, and makes
 * snapshots of all three models. States and positions are one checkpoint, so after a crash nothing is skipped or
 * learned twice. What is learned is a function of the records, their order and, for the heavy ranker, of where
 * snapshots were made. One call at a time. Learning blocks its thread.
 */
export class Trainer {
  readonly learner: Learner
  readonly light: LightLearner
  readonly towers: TowerLearner
  /** Null where all models go on from the checkpoint, or there was none. */
  readonly begunAnew: BegunAnew | null
  private readonly parts: TrainerParts
  private readonly options: TrainerOptions
  private readonly heavyStudent: Student<Example>
  private readonly towerStudent: Student<Example>
  private readonly lightStudent: Student<LoggedRankingSample>
  private readonly examples: FollowedTopic<Example>
  private readonly samples: FollowedTopic<LoggedRankingSample>
  private readonly opponents: LiveOpponents
  private readonly unlock: () => Promise<void>
  private readonly labelTimes = new LabelTimes()
  private snapshots = 0
  private sinceSnapshot = 0
  private isCheckpointed = true
  private snapshotAtMs: number

  private constructor(parts: TrainerParts, options: TrainerOptions, learners: Learners) {
    const { heavy, light, towers, begunAnew, unlock } = learners
    this.unlock = unlock
    this.begunAnew = begunAnew
    this.parts = parts
    this.options = options
    this.learner = heavy.learner
    this.light = light.learner
    this.towers = towers.learner
    const [exampleParts, sampleParts] = [parts.examples.partitions, parts.samples.partitions]
    this.heavyStudent = new Student(heavyCourse(this.learner), heavy.position, exampleParts)
    this.towerStudent = new Student(towerCourse(this.towers), towers.position, exampleParts)
    this.lightStudent = new Student(lightCourse(this.light), light.position, sampleParts)
    // Read for whoever stands farther behind; the other passes over what it knows.
    const towerStart = this.towerStudent.start
    const start = this.heavyStudent.start.map((offset, index) => Math.min(offset, towerStart[index]!))
    this.examples = new FollowedTopic(parts.examples, exampleContract, start)
    this.samples = new FollowedTopic(parts.samples, rankingSamples, this.lightStudent.start)
    this.opponents = new LiveOpponents(parts.live, this.light, this.towers)
    this.snapshotAtMs = parts.clock.monotonicMs()
  }

  /** Goes on from the newest checkpoint, or begins with the priors. Throws `LEARNING_LOCKED`, `NEGATIVES_KEPT`. */
  static async open(parts: TrainerParts, options: TrainerOptions = DEFAULT_TRAINER): Promise<Trainer> {
    const unlock = await lockLearning(parts.checkpoints)
    try {
      return await Trainer.openLocked(parts, options, unlock)
    } catch (error) {
      await unlock()
      throw error
    }
  }

  private static async openLocked(
    parts: TrainerParts,
    options: TrainerOptions,
    unlock: () => Promise<void>,
  ): Promise<Trainer> {
    const { learner, position, beside, begunAnew } = await Learner.open(parts.checkpoints, options.learner)
    const { light, towers } = beside ?? beginning()
    const trainer = new Trainer(parts, options, {
      heavy: { learner, position },
      light: { learner: await LightLearner.create(light.state, options.light), position: light.position },
      towers: { learner: await TowerLearner.create(towers.state, options.towers), position: towers.position },
      begunAnew,
      unlock,
    })
    await trainer.opponents.refresh()
    return trainer
  }

  get progress(): Progress {
    return {
      ...this.heavyStudent.progress,
      counts: this.learner.counts,
      undecodable: this.examples.undecodable + this.samples.undecodable,
      unsettledForgotten: this.learner.unsettledForgotten,
      snapshots: this.snapshots,
      begunAnew: this.begunAnew?.models.length ?? 0,
      light: this.lightStudent.progress,
      retrieval: this.towerStudent.progress,
    }
  }

  /** Learns until it is stopped, then makes last snapshots. Throws what learning, sources and offers throw. */
  async run(control: TrainerControl): Promise<void> {
    // What an earlier run learned serves from the start.
    await this.offerAll()
    while (!control.stopping()) {
      const taken = await this.catchUp(control)
      control.told?.()
      if (taken === 0) await control.idle(Math.min(IDLE_MS, this.options.snapshotMs))
    }
    if (!this.isCheckpointed) await this.snapshot()
  }

  /** Learns what is there by now, making snapshots when they are due; answers how many records that were. */
  async catchUp(control?: Pick<TrainerControl, 'stopping' | 'told'>): Promise<number> {
    let taken = 0
    for (let isMore = true; isMore && !(control?.stopping() ?? false);) {
      const before = taken
      taken += await this.follow(this.samples, (sample) => this.lightStudent.learn(sample))
      taken += await this.follow(this.examples, (example) => this.learnExample(example))
      control?.told?.()
      isMore = taken > before
    }
    await this.snapshotWhenDue()
    return taken
  }

  /** Writes a checkpoint, and snapshots of what has changed, and offers these. */
  async snapshot(): Promise<void> {
    await this.checkpoint()
    await this.offerAll()
  }

  async dispose(): Promise<void> {
    await this.opponents.dispose()
    for (const learner of [this.learner, this.light, this.towers]) await learner.dispose()
    await this.unlock()
  }

  /** Has all records of a topic learned that are read at once; answers how many were. */
  private async follow<Value>(
    topic: FollowedTopic<Value>,
    learn: (record: Followed<Value>) => Promise<boolean>,
  ): Promise<number> {
    let taken = 0
    for (let partition = 0; partition < topic.next.length; partition++) {
      for (const frame of await topic.read(partition)) {
        for (const record of topic.records(partition, frame)) {
          this.isCheckpointed = false
          if (await learn(record)) taken++
        }
        await this.snapshotWhenDue()
      }
    }
    return taken
  }

  private async learnExample(example: Followed<Example>): Promise<boolean> {
    const isPair = await this.towerStudent.learn(example)
    const isNew = await this.heavyStudent.learn(example)
    if (!isNew) return isPair
    for (const { at } of example.value.labels) this.labelTimes.note(at)
    if (++this.sinceSnapshot >= this.options.snapshotExamples) await this.snapshot()
    return true
  }

  private async snapshotWhenDue(): Promise<void> {
    const { clock } = this.parts
    if (!this.isCheckpointed && clock.monotonicMs() - this.snapshotAtMs >= this.options.snapshotMs)
      await this.snapshot()
  }

  private async checkpoint(): Promise<void> {
    const { learner, parts, examples, samples } = this
    this.sinceSnapshot = 0
    this.isCheckpointed = true
    await learner.flush()
    const position = this.heavyStudent.standAt(examples.next)
    await learner.checkpoint(parts.checkpoints, position, {
      light: { state: this.light.state, position: this.lightStudent.standAt(samples.next) },
      towers: { state: this.towers.state, position: this.towerStudent.standAt(examples.next) },
    })
  }

  private async offerAll(): Promise<void> {
    this.snapshotAtMs = this.parts.clock.monotonicMs()
    await this.offer(this.heavyStudent)
    await this.offer(this.lightStudent)
    await this.offer(this.towerStudent)
    await this.opponents.refresh()
  }

  private async offer(student: Student<Example> | Student<LoggedRankingSample>): Promise<void> {
    const { parts, heavyStudent, learner } = this
    const written = await student.snapshot(parts.snapshots)
    if (written === null) return
    const isHeavy = student === heavyStudent
    this.snapshots++
    await parts.offer({
      ...written,
      examples: student.progress.examples,
      trainedUntil: isHeavy ? learner.trainedUntil : student.trainedUntil,
      comparison: () => student.course.comparison(),
      parity: await student.course.parity(),
      labelTimes: isHeavy ? this.labelTimes.take() : [],
    })
  }
}

/** Learners, each with where it stands. */
interface Learners {
  readonly heavy: { readonly learner: Learner; readonly position: Position }
  readonly light: { readonly learner: LightLearner; readonly position: Position }
  readonly towers: { readonly learner: TowerLearner; readonly position: Position }
  readonly begunAnew: BegunAnew | null
  readonly unlock: () => Promise<void>
}

const beginning = (): Beside => ({
  light: { state: beginLight(), position: {} },
  towers: { state: beginTowers(), position: {} },
})
