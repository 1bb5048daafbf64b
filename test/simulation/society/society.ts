import { Random } from '../../../engine/driver/random.ts'
import type { Topic } from '../../../engine/topic.ts'
import { GRACE_MS } from '../../../processors/topics.ts'
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../schemas/ids.ts'
import { T0 } from '../../processors/events.ts'
import { MEMBERS, membersOf, type Member } from './people.ts'
import { publication, type Publication } from './publication.ts'

/** Longest that an event which is on time is under way. Below the grace, so that it never is late. */
export const DELAY_MS_MAX = GRACE_MS - MINUTE_MS
/** No member who leaves does anything this long before and after: longer than anything of theirs is under way. */
const QUIET_MS = 2 * GRACE_MS
const LATE_MS_MAX = 3 * HOUR_MS

/** How long a society lives. Longer than a slate's longest window, or far shorter. */
const SPANS_MS = [2 * HOUR_MS, 10 * HOUR_MS, 2 * DAY_MS]

/** Everybody's doings as they happen, and as they reach the log. A function of its seed. */
export class Society {
  readonly random: Random
  readonly spanMs: number
  readonly publications: Publication[] = []
  /** Event time, integer milliseconds. */
  now: number = T0
  private events = 0
  private readonly leaving = new Map<string, number>()
  private readonly delays = new Map<string, number>()
  private readonly naming = new Map<string, boolean>()

  constructor(seed: number) {
    this.random = new Random(seed)
    this.spanMs = this.random.pick(SPANS_MS)
    for (const { id } of membersOf('leaver')) {
      this.leaving.set(id, T0 + Math.floor(this.spanMs * (0.2 + 0.6 * this.random.next())))
    }
  }

  eventId(): string {
    return `event-${this.events++}`
  }

  /** When a member is erased; infinite for those who stay. */
  leavesAt(userId: string): number {
    return this.leaving.get(userId) ?? Infinity
  }

  isQuiet({ id }: Member, at = this.now): boolean {
    return Math.abs(at - this.leavesAt(id)) <= QUIET_MS
  }

  /** Does something at another time. */
  at<Result>(time: number, act: () => Result): Result {
    const now = this.now
    this.now = time
    const result = act()
    this.now = now
    return result
  }

  /** Some member who may act now. */
  member(among: readonly Member[] = MEMBERS): Member | undefined {
    const member = this.random.pick(among)
    return this.isQuiet(member) ? undefined : member
  }

  /**
   * Whether a member names the request that showed them a post. Some do and some do not; who did both would
   * reach the labels of a slate on two ways, and a late undo holds back a label only if it overtakes it.
   */
  namesRequests(userId: string | undefined, post: string): boolean {
    const conversation = `${userId}\0${post}`
    const names = this.naming.get(conversation) ?? this.random.chance(0.5)
    this.naming.set(conversation, names)
    return names
  }

  /** Gets an event to the log on time, or late where that is allowed; some get there twice. */
  publish<Value>(topic: Topic<Value>, value: Value, mayBeLate: boolean): void {
    const late = mayBeLate && this.random.chance(0.06)
    this.send(
      topic,
      value,
      late ? GRACE_MS + this.random.below(LATE_MS_MAX) : this.random.below(DELAY_MS_MAX),
    )
  }

  /** As `publish`, and on time: events of one conversation stay in order. */
  publishInOrder<Value>(topic: Topic<Value>, value: Value, conversation: string): void {
    const delay = this.delays.get(conversation) ?? this.random.below(DELAY_MS_MAX)
    this.delays.set(conversation, delay)
    this.send(topic, value, delay)
  }

  send<Value>(topic: Topic<Value>, value: Value, delayMs: number): void {
    const sentAt = this.now + delayMs
    this.publications.push(publication(topic, value, sentAt))
    if (!this.random.chance(0.05)) return
    this.publications.push(publication(topic, value, sentAt + this.random.below(DELAY_MS_MAX)))
  }
}
