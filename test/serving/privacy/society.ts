import { Random } from '../../../engine/driver/random.ts'
import type { Topic } from '../../../engine/topic.ts'
import { connections, impressions, integrity, posts, reactions } from '../../../processors/topics.ts'
import { CONNECTION_KINDS, type Connection } from '../../../schemas/connections/index.ts'
import type { ContainerId } from '../../../schemas/ids.ts'
import type { Impression } from '../../../schemas/impressions/index.ts'
import { type Integrity, VERDICTS } from '../../../schemas/integrity/index.ts'
import { AUDIENCES, type Post } from '../../../schemas/posts/index.ts'
import type { Reaction } from '../../../schemas/reactions/index.ts'
import { aPost, aReaction, eventId, later, postId } from '../../processors/events.ts'
import { aConnection, anImpression } from '../../processors/personal-events.ts'

export type Event =
  | { readonly topic: typeof connections; readonly value: Connection }
  | { readonly topic: typeof posts; readonly value: Post }
  | { readonly topic: typeof integrity; readonly value: Integrity }
  | { readonly topic: typeof reactions; readonly value: Reaction }
  | { readonly topic: typeof impressions; readonly value: Impression }

/** Sends an event to whatever takes events of any topic. */
export const send = (event: Event, to: <Value>(topic: Topic<Value>, value: Value) => void): void => {
  if (event.topic === connections) to(event.topic, event.value as Connection)
  else if (event.topic === posts) to(event.topic, event.value as Post)
  else if (event.topic === integrity) to(event.topic, event.value as Integrity)
  else if (event.topic === reactions) to(event.topic, event.value as Reaction)
  else to(impressions, event.value as Impression)
}

const USERS = 4
const POSTS = 6
const EVENTS_MIN = 8
const EVENTS_SPREAD = 50
const STEP_MS = 1_000
const OFTEN = ['friend', 'block'] as const
/** Comments bring posts back and name people; the rest has posts watched, and authors touched. */
const REACTIONS = ['comment', 'comment', 'comment', 'like', 'view'] as const

/** A random handful of people, posts and what became of them: a function of its seed. */
export class Society {
  readonly random: Random
  readonly events: readonly Event[]
  readonly users: readonly string[]
  readonly postIds: readonly string[]
  private readonly prefix: string
  private readonly groups: readonly string[]
  private readonly pages: readonly string[]
  private readonly startMs: number

  /** `startMs` is counted from the tests' T0. */
  constructor(seed: number, startMs: number) {
    this.random = new Random(seed)
    this.prefix = `${seed}`
    this.startMs = startMs
    this.users = this.named('user', USERS)
    this.postIds = this.named('post', POSTS)
    this.groups = this.named('group', 2)
    this.pages = this.named('page', 1)
    const first = this.postIds.map((_, index) => this.post(index, 'published'))
    const count = EVENTS_MIN + this.random.below(EVENTS_SPREAD)
    const rest = Array.from({ length: count }, (_, index) => this.event(POSTS + index))
    this.events = [...first, ...rest]
  }

  /** Time of the last event. */
  get endMs(): number {
    return this.startMs + (POSTS + EVENTS_MIN + EVENTS_SPREAD) * STEP_MS
  }

  private named(what: string, count: number): string[] {
    return Array.from({ length: count }, (_, index) => `${this.prefix}-${what}-${index}`)
  }

  private event(at: number): Event {
    const chance = this.random.below(20)
    if (chance < 8) return this.connection(at)
    if (chance < 10) return this.block(at)
    if (chance < 14) return this.post(at, this.random.pick(['published', 'edited', 'edited', 'deleted']))
    if (chance < 15) return this.judgement(at)
    return chance < 19 ? this.reaction(at) : this.slate(at)
  }

  private connection(at: number): Event {
    const { random } = this
    const kind = random.chance(0.5) ? random.pick(OFTEN) : random.pick(CONNECTION_KINDS)
    const user = random.pick(this.users)
    const people = this.users.filter((each) => each !== user)
    const others = kind === 'group' ? this.groups : kind === 'page' ? this.pages : people
    const value = aConnection({
      eventId: `${this.prefix}-${at}`,
      userId: user,
      targetId: random.pick(others),
      kind,
      action: random.chance(0.65) ? 'added' : 'removed',
      at: this.timeOf(at),
    })
    return { topic: connections, value }
  }

  /** Or an unblock, as somebody does it who sees a post of theirs. */
  private block(at: number): Event {
    return this.react(at, { kind: 'block_author', undo: this.random.chance(0.35) })
  }

  /** Some react to what they may not see any more, or never might. */
  private reaction(at: number): Event {
    const kind = this.random.pick(REACTIONS)
    return this.react(at, { kind, commentId: kind === 'comment' ? `${this.prefix}-comment-${at}` : null })
  }

  private react(at: number, reaction: Parameters<typeof aReaction>[0]): Event {
    const { random } = this
    const index = random.below(POSTS)
    const value = aReaction({
      ...reaction,
      eventId: `${this.prefix}-${at}`,
      userId: random.pick(this.users),
      postId: this.postIds[index]!,
      authorId: this.users[index % USERS]!,
      at: this.timeOf(at),
    })
    return { topic: reactions, value }
  }

  /** A session of before ranked some posts and passed them over, whatever may be seen of them by now. */
  private slate(at: number): Event {
    const value = anImpression({
      requestId: `${this.prefix}-${at}`,
      userId: this.random.pick(this.users),
      posts: [],
      carried: this.postIds.filter(() => this.random.chance(0.5)),
      at: this.timeOf(at),
    })
    return { topic: impressions, value }
  }

  private post(at: number, action: Post['action']): Event {
    const { random } = this
    const index = action === 'published' && at < POSTS ? at : random.below(POSTS)
    const audience = random.pick(AUDIENCES)
    const container = audience === 'page' ? random.pick(this.pages) : random.pick([...this.groups, null])
    const value = aPost({
      eventId: `${this.prefix}-${at}`,
      postId: this.postIds[index]!,
      authorId: this.users[index % USERS]!,
      action,
      audience,
      containerId: container as ContainerId | null,
      mentions: this.users.filter(() => random.chance(0.1)),
      at: this.timeOf(at),
    })
    return { topic: posts, value }
  }

  private judgement(at: number): Event {
    const value = {
      eventId: eventId(`${this.prefix}-${at}`),
      postId: postId(this.random.pick(this.postIds)),
      verdict: this.random.pick(VERDICTS),
      scores: {},
      at: this.timeOf(at),
    }
    return { topic: integrity, value }
  }

  /** Mostly in order; some arrive later than what happened after them. */
  private timeOf(at: number) {
    const shift = this.random.chance(0.1) ? this.random.below(5) : 0
    return later(this.startMs + (at - Math.min(at, shift)) * STEP_MS)
  }
}
