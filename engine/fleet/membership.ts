import type { Clock } from '../clock.ts'
import { FrameCursor, FrameWriter } from '../log/frame.ts'
import type { Log } from '../log/port.ts'
import { assign, ASSIGNOR_DEFAULTS } from './assignor.ts'
import { decodeRecord, encodeRecord, type Beat, type FleetRecord, type Plan } from './records.ts'
import { Roster } from './roster.ts'

export interface MembershipOptions {
  /** Of the records by which members hear of each other. */
  readonly topic: string
  readonly member: string
  readonly incarnation: string
  readonly heartbeatMs: number
  readonly missedHeartbeatsMax: number
  readonly standbys: number
  /** Every task there is. */
  readonly tasks: readonly string[]
}

/** What a member tells of itself. */
export type Holdings = Pick<Beat, 'active' | 'warm' | 'stored'>

/** Records before its own that a newcomer reads, to hear who is there: some seconds of a hundred members. */
const HISTORY_RECORDS = 5_000
const READ_BYTES_MAX = 1 << 20
/** The first plan waits for so many beats, for members that start together. */
const FIRST_PLAN_BEATS = 4
/** The members' topic keeps records so long. */
export const MEMBERS_RETENTION_MS = 600_000

/**
 * This process' place in a fleet. Members write beats to a topic of one partition and read each other's there. The one
 * that has been there longest leads: it writes plans, and everybody goes by the newest. Nothing here has to be
 * right for results to be right, for a task's commits are fenced by its transactional id; a mistake costs
 * time. `tick` does what is due; call it every few milliseconds, one call at a time.
 */
export class Membership {
  private readonly log: Log
  private readonly clock: Clock
  private readonly options: MembershipOptions
  private readonly roster = new Roster()
  private readonly cursor = new FrameCursor()
  private offset: number
  private since: number | null = null
  private beats = 0
  private beatAt = -Infinity
  /** When the newest of its beats that it has read back was sent. */
  private heardAt = -Infinity
  private beating: Promise<void> | undefined
  private planning: number | undefined
  private replacedBy: string | undefined
  private url: string | undefined

  constructor(log: Log, clock: Clock, options: MembershipOptions) {
    this.log = log
    this.clock = clock
    this.options = options
    const end = log.endOffset(options.topic, 0)
    this.offset = Math.max(log.startOffset(options.topic, 0), end - HISTORY_RECORDS)
  }

  /** Undefined before it has heard of one. */
  get plan(): Plan | undefined {
    return this.roster.plan
  }

  get members(): Roster['members'] {
    return this.roster.members
  }

  get leads(): boolean {
    return this.roster.leader === this.options.member
  }

  /**
   * Whether it has heard everything said until lately, the others' verdict on itself included. Only then it may
   * take a task over: what it believes may be long past, when its process slept.
   */
  get isCurrent(): boolean {
    return this.replacedBy === undefined && this.clock.monotonicMs() - this.heardAt < this.patienceMs
  }

  /** The incarnation that has taken this member's name over: there is to be one process of a name. */
  get successor(): string | undefined {
    return this.replacedBy
  }

  /** Tells the others, from the next beat on, where people may ask this member. */
  answersAt(url: string): void {
    this.url = url
  }

  /** Reads what is new, beats when it is time, and plans when it leads. Throws what the log throws. */
  async tick(holdings: () => Holdings): Promise<void> {
    const heard = await this.read()
    if (this.replacedBy !== undefined) return
    this.beatIfDue(holdings)
    if (heard) await this.planIfDue()
  }

  /** Tells the others that everything is let go of. */
  async leave(): Promise<void> {
    await this.beating?.catch(() => undefined)
    const { member, incarnation } = this.options
    await this.write({ kind: 'leave', member, incarnation })
  }

  private get patienceMs(): number {
    return this.options.heartbeatMs * this.options.missedHeartbeatsMax
  }

  /** Answers whether there was anything new. */
  private async read(): Promise<boolean> {
    const { topic } = this.options
    const from = this.offset
    while (this.offset < this.log.endOffset(topic, 0)) {
      const frames = await this.log.read(topic, 0, this.offset, READ_BYTES_MAX)
      if (frames.length === 0) break
      for (const { baseOffset, frame } of frames) {
        this.cursor.over(frame)
        while (this.cursor.next()) {
          const at = baseOffset + this.cursor.index
          const { buffer, valueStart, valueEnd } = this.cursor
          if (at >= this.offset) this.hear(at, decodeRecord(buffer.subarray(valueStart, valueEnd)))
        }
        this.offset = Math.max(this.offset, baseOffset + frame.count)
      }
    }
    return this.offset > from
  }

  private hear(offset: number, record: FleetRecord | undefined): void {
    if (record === undefined) return
    this.roster.apply(offset, record)
    if (record.kind !== 'beat' || record.member !== this.options.member) return
    if (record.incarnation === this.options.incarnation) this.heardItself(offset, record.sentMs)
    // Of two processes of one name, the one that came later has it.
    else if (this.since !== null && (record.since ?? offset) > this.since)
      this.replacedBy = record.incarnation
  }

  private heardItself(offset: number, sentMs: number): void {
    this.since ??= offset
    this.heardAt = sentMs
  }

  /** One beat at a time: a log that takes none gets no pile of them when it takes some again. */
  private beatIfDue(holdings: () => Holdings): void {
    const now = this.clock.monotonicMs()
    if (this.beating !== undefined || now - this.beatAt < this.options.heartbeatMs) return
    const { member, incarnation, heartbeatMs } = this.options
    this.beatAt = now
    const beat: Beat = {
      kind: 'beat',
      member,
      incarnation,
      since: this.since,
      sentMs: Math.floor(now),
      everyMs: heartbeatMs,
      patienceMs: this.patienceMs,
      epoch: this.plan?.epoch ?? 0,
      ...holdings(),
      ...(this.url !== undefined && { url: this.url }),
    }
    this.beats++
    // What is silent too long for others is taken for dead, and finds that in the log.
    this.beating = this.write(beat)
      .catch(() => undefined)
      .finally(() => {
        this.beating = undefined
      })
  }

  private async planIfDue(): Promise<void> {
    if (!this.leads || !this.isCurrent) return
    if (this.planning !== undefined && this.roster.nextEpoch > this.planning) this.planning = undefined
    if (this.planning !== undefined) return
    const { plan } = this.roster
    if (plan === undefined && this.beats < FIRST_PLAN_BEATS) return
    const members = this.roster.members
    const { tasks, standbys } = this.options
    const next = {
      members: [...members.keys()].sort(),
      tasks: assign(tasks, members, plan, { ...ASSIGNOR_DEFAULTS, standbys }),
    }
    if (plan !== undefined && isSame(plan, next)) return
    this.planning = this.roster.nextEpoch
    await this.write({ kind: 'plan', epoch: this.planning, ...next }).catch((error: unknown) => {
      this.planning = undefined
      throw error
    })
  }

  private async write(record: FleetRecord): Promise<void> {
    const { topic, member } = this.options
    const frame = new FrameWriter()
    const key = Buffer.from(member)
    const value = encodeRecord(record)
    frame.append(this.clock.now(), key, 0, key.length, value, 0, value.length)
    await this.log.append([{ topic, partition: 0, frame: frame.take() }])
  }
}

const isSame = (plan: Plan, next: Pick<Plan, 'members' | 'tasks'>): boolean =>
  JSON.stringify([plan.members, plan.tasks]) === JSON.stringify([next.members, next.tasks])
