import { EngineError } from '../../engine/errors.ts'
import { partitionOf } from '../../engine/hash.ts'
import { keyOf } from '../../engine/key.ts'
import type { UserId } from '../../schemas/ids.ts'
import type { Removal } from '../candidate.ts'
import { ServingError } from '../errors.ts'
import { apartKey, deletedKey, judgedKey, narrowedKey, type Restriction, untiedKey } from './accepted.ts'
import { CatchUp } from './catch-up.ts'
import type { Restrictable, Restrictions } from './restrictions.ts'

/** Restrictions that may wait to be processed. Events under way when the door closes may go beyond. */
export const RESTRICTIONS_MAX = 200_000

/** How far a process has come with what it accepted. */
export interface Progress {
  /** 0 where there is no such topic. */
  partitions(topic: string): number
  /** Offset after the last record that is durable. */
  endOffset(topic: string, partition: number): number
  /** Offset after the last record whose effects on rows are committed; 0 while that is not known. */
  committedOffset(topic: string, partition: number): number
  /** Rises whenever rows are found to have lost what they knew: committed offsets have gone back, or will come anew. */
  losses(): number
}

/** A restriction that ends when the records up to `offset` are processed. */
interface Pending {
  readonly restriction: Restriction
  readonly offset: number
}

interface Processed {
  readonly restriction: Restriction
  readonly turn: number
}

interface Hold {
  readonly turn: number
}

/** First in, first out: offsets of one partition only rise. */
class Line {
  readonly topic: string
  readonly partition: number
  private waiting: Pending[] = []
  private from = 0

  constructor(topic: string, partition: number) {
    this.topic = topic
    this.partition = partition
  }

  push(pending: Pending): void {
    this.waiting.push(pending)
  }

  /** Takes out what ends at `committed` or before. */
  take(committed: number): Restriction[] {
    const taken: Restriction[] = []
    while (this.from < this.waiting.length && this.waiting[this.from]!.offset <= committed) {
      taken.push(this.waiting[this.from++]!.restriction)
    }
    if (this.from === this.waiting.length) this.clear()
    return taken
  }

  private clear(): void {
    this.waiting = []
    this.from = 0
  }
}

/**
 * Blocks, mutes, ended ties, deletions, narrowed audiences and removals by moderation, from the moment they
 * are accepted until rows know of them: first the rows of whom the event is about, then, for what concerns two
 * users, those of the other, who hears by an echo. It only ever forbids: while a removal and its undoing both
 * wait, the removal holds.
 *
 * Of one process: what others accept, it has to be told. Erasures are not among them: whatever ties they end, they
 * end when they are processed.
 */
export class PendingRestrictions implements Restrictions {
  private readonly progress: Progress
  private readonly restrictionsMax: number
  /** How many restrictions that wait say each key. */
  private readonly counts = new Map<string, number>()
  /** By topic and partition. */
  private readonly lines = new Map<string, Line>()
  private waiting = 0
  /** Readers under way, in order of coming, by the turn that they came at. */
  private readonly holds = new Set<Hold>()
  /** Processed; let go of once every reader is gone that may have read rows before. */
  private processed: Processed[] = []
  private turn = 0
  private readonly catchUp: CatchUp

  /** To be made before this process accepts anything, and after the log is open. */
  constructor(progress: Progress, restrictionsMax = RESTRICTIONS_MAX) {
    this.progress = progress
    this.catchUp = new CatchUp(progress)
    this.restrictionsMax = restrictionsMax
  }

  /** Restrictions that wait. */
  get size(): number {
    return this.waiting
  }

  /** Whether more may be accepted before some are processed. */
  hasRoom(): boolean {
    if (this.waiting >= this.restrictionsMax) this.settle()
    return this.waiting < this.restrictionsMax
  }

  /** Throws `BACKLOG_FULL` when no more may be accepted before some are processed. */
  assertRoom(): void {
    if (this.hasRoom()) return
    throw new EngineError(
      'BACKLOG_FULL',
      `${this.waiting} accepted blocks, edits and deletions wait to be processed`,
    )
  }

  /** Takes in what was just made durable; from here on it counts. */
  accept(restrictions: readonly Restriction[]): void {
    if (restrictions.length === 0) return
    this.settle()
    for (const restriction of restrictions) {
      for (const key of restriction.keys) this.counts.set(key, (this.counts.get(key) ?? 0) + 1)
      this.waiting++
      this.await(restriction, restriction.topic, restriction.key)
    }
  }

  removalOf(viewerId: UserId, post: Restrictable): Removal | null {
    const { counts } = this
    if (counts.size === 0) return null
    const { postId, authorId, containerId } = post
    if (this.keepsApart(viewerId, authorId)) return 'kept-apart'
    if (authorId !== viewerId) {
      const isUntied =
        counts.has(untiedKey(viewerId, authorId)) ||
        (containerId !== null && counts.has(untiedKey(viewerId, containerId)))
      if (isUntied || counts.has(narrowedKey(postId))) return 'audience'
    }
    if (counts.has(deletedKey(postId))) return 'deleted'
    return counts.has(judgedKey(postId)) ? 'integrity' : null
  }

  keepsApart(viewerId: UserId, otherId: UserId): boolean {
    return this.counts.size > 0 && this.counts.has(apartKey(viewerId, otherId))
  }

  /** Throws `CATCHING_UP` until everything is processed that was accepted before this process began, or rows were lost. */
  hold(): () => void {
    if (!this.catchUp.isDone)
      throw new ServingError('CATCHING_UP', 'events of before the start, or of before rows were lost, wait')
    this.settle()
    const hold = { turn: this.turn++ }
    this.holds.add(hold)
    return () => {
      this.holds.delete(hold)
      this.letGo()
    }
  }

  /**
   * Whether everything was ever processed that was accepted before this process began: it can answer feeds, as far as
   * that is up to it. Rows that are lost later are lost to every process.
   */
  get hasCaughtUp(): boolean {
    return this.catchUp.wasEverDone
  }

  /** Lets go of what rows know of by now, and nobody needs; to be called as processing goes on. */
  settle(): void {
    this.catchUp.look()
    if (this.waiting === 0) return
    // Once more where something has come to wait for an echo: its line may be one that was looked at before.
    while (this.moveAll());
    this.letGo()
  }

  /** Whether any of what was processed has come to wait for an echo. */
  private moveAll(): boolean {
    let isEchoing = false
    for (const line of this.lines.values()) {
      const committed = this.progress.committedOffset(line.topic, line.partition)
      for (const restriction of line.take(committed)) {
        if (this.moveOn(restriction, line.topic)) isEchoing = true
      }
    }
    return isEchoing
  }

  /** The echo is durable with the commit that the event was processed in. Answers whether it is waited for. */
  private moveOn(restriction: Restriction, topic: string): boolean {
    const { echo } = restriction
    const isEchoing = echo !== null && echo.topic !== topic
    if (isEchoing) this.await(restriction, echo.topic, echo.key)
    else this.processed.push({ restriction, turn: this.turn++ })
    return isEchoing
  }

  private letGo(): void {
    const [eldest] = this.holds
    const until = eldest?.turn ?? Infinity
    let count = 0
    while (count < this.processed.length && this.processed[count]!.turn < until) {
      this.release(this.processed[count++]!.restriction)
    }
    if (count > 0) this.processed = this.processed.slice(count)
  }

  private await(restriction: Restriction, topic: string, id: string): void {
    const key = keyOf(id)
    const partition = partitionOf(key, 0, key.length, this.progress.partitions(topic))
    const offset = this.progress.endOffset(topic, partition)
    this.line(topic, partition).push({ restriction, offset })
  }

  private release({ keys }: Restriction): void {
    this.waiting--
    for (const key of keys) {
      const left = this.counts.get(key)! - 1
      if (left === 0) this.counts.delete(key)
      else this.counts.set(key, left)
    }
  }

  private line(topic: string, partition: number): Line {
    const name = `${topic} ${partition}`
    const known = this.lines.get(name)
    if (known !== undefined) return known
    const made = new Line(topic, partition)
    this.lines.set(name, made)
    return made
  }
}
