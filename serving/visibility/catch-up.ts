import type { Topic } from '../../engine/topic.ts'
import { connectionsReversed } from '../../processors/topics/connections-reversed.ts'
import { connections, integrity, posts, reactions } from '../../processors/topics.ts'
import type { Progress } from './pending-restrictions.ts'

/** Topics that are mostly of what forbids to show something, or allows it, each with values of its own. */
export const FOLLOWED_TOPICS = [connections, posts, integrity] as unknown as readonly Topic<unknown>[]
/**
 * Topics whose events may forbid something: among reactions, blocks of authors. To follow all reactions for those few
 * would cost each serving process more than it does otherwise.
 */
export const RESTRICTING: readonly string[] = [...FOLLOWED_TOPICS, reactions].map(({ name }) => name)
/** What tells the other side of it. */
export const ECHOES: readonly string[] = [connectionsReversed.name]

interface Floor {
  readonly topic: string
  readonly partition: number
  readonly offset: number
}

/**
 * Whether everything is processed that was accepted before this process began: of that nobody here knows what
 * it forbids. Where rows are lost, everything has to be processed again: what was let go of since is known no more.
 *
 * Echoes are waited for up to where they end once the events are processed that they tell of. Whoever looks late takes
 * a later end, and echoes that stream in keep it waiting: so it is to be looked at as processing goes on.
 */
export class CatchUp {
  private readonly progress: Progress
  private floors: readonly Floor[]
  private waitsForEchoes = true
  private losses: number
  private wasDone = false

  constructor(progress: Progress) {
    this.progress = progress
    this.losses = progress.losses()
    this.floors = this.endsOf(RESTRICTING)
  }

  /** Once true, true until rows are lost. */
  get isDone(): boolean {
    this.look()
    return this.floors.length === 0
  }

  /** Once true, true for good. */
  get wasEverDone(): boolean {
    this.look()
    return this.wasDone
  }

  /** How far processing has come since; to be called after each step of it. */
  look(): void {
    if (this.progress.losses() !== this.losses) this.beginAnew()
    this.drop()
    if (this.floors.length === 0 && this.waitsForEchoes) {
      this.waitsForEchoes = false
      this.floors = this.endsOf(ECHOES)
      this.drop()
    }
    if (this.floors.length === 0) this.wasDone = true
  }

  private beginAnew(): void {
    this.losses = this.progress.losses()
    this.floors = this.endsOf(RESTRICTING)
    this.waitsForEchoes = true
  }

  private drop(): void {
    if (this.floors.length === 0) return
    this.floors = this.floors.filter(
      ({ topic, partition, offset }) => this.progress.committedOffset(topic, partition) < offset,
    )
  }

  private endsOf(topics: readonly string[]): readonly Floor[] {
    return topics.flatMap((topic) =>
      Array.from({ length: this.progress.partitions(topic) }, (_, partition) => ({
        topic,
        partition,
        offset: this.progress.endOffset(topic, partition),
      })),
    )
  }
}
