import type { Comparison } from '../gate/evidence.ts'
import type { ParitySample } from '../gate/parity.ts'
import type { SnapshotModel } from '../snapshot/manifest.ts'
import type { Written } from '../snapshot/write.ts'
import type { Followed } from './followed-topic.ts'
import { type Position, Standing } from './standing.ts'

/** What became of a record: passed over, or taken, and then the step to wait for where it fills a batch. */
export type Lesson = 'passed-over' | 'taken' | Promise<unknown>

/** A model that is learned from the records of a topic. */
export interface Course<Value> {
  readonly model: SnapshotModel
  readonly steps: number
  /** Nothing that was taken waits for its batch to be full. */
  readonly isSettled: boolean
  take(value: Value): Lesson
  /** Writes what serves. */
  snapshot(root: string): Promise<Written>
  /** What the gate judges by. */
  comparison(): Comparison
  /** What it says by the graph that learns, as the snapshot that was written last is to say; null for no graph. */
  parity(): Promise<ParitySample | null>
  dispose(): Promise<void>
}

/** How far a course is. */
export interface CourseProgress {
  /** Records taken since the start. */
  readonly examples: number
  readonly steps: number
  readonly position: Position
}

/** Takes a course: each record of its topic once, in order, whatever restarts are between. */
export class Student<Value extends { readonly at: number }> {
  readonly course: Course<Value>
  private readonly standing: Standing
  private taken = 0
  private latestAt = 0
  private offeredSteps = 0

  constructor(course: Course<Value>, position: Position, partitions: number) {
    this.course = course
    this.standing = new Standing(position, partitions)
  }

  /** By partition, from where it must be read to. */
  get start(): readonly number[] {
    return this.standing.start
  }

  get progress(): CourseProgress {
    const { taken, course, standing } = this
    return { examples: taken, steps: course.steps, position: standing.position }
  }

  /** Time of the latest record that it took since the start, in milliseconds; 0 before any. */
  get trainedUntil(): number {
    return this.latestAt
  }

  /** Answers whether it took the record, which it may have done before a restart. */
  async learn({ value, partition, offset }: Followed<Value>): Promise<boolean> {
    if (this.standing.hasTaken(partition, offset)) return false
    const lesson = this.course.take(value)
    if (lesson !== 'passed-over') {
      this.taken++
      this.latestAt = Math.max(this.latestAt, value.at)
      if (lesson !== 'taken') await lesson
    }
    this.standing.pass(partition, offset)
    if (this.course.isSettled) this.standing.settle()
    return true
  }

  /** All before these offsets has been given to it: where it stands, if it were to stop now. */
  standAt(offsets: readonly number[]): Position {
    for (const [partition, offset] of offsets.entries()) this.standing.pass(partition, offset - 1)
    if (this.course.isSettled) this.standing.settle()
    return this.standing.position
  }

  /** A snapshot of what was learned since the last one; null where nothing was. */
  async snapshot(root: string): Promise<Written | null> {
    const { course } = this
    if (course.steps === this.offeredSteps) return null
    this.offeredSteps = course.steps
    return course.snapshot(root)
  }
}
