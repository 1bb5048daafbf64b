import { postComments } from '../../../processors/comments.ts'
import { carriedPosts } from '../../../processors/carried-posts.ts'
import { connections } from '../../../processors/connections/index.ts'
import { integrity } from '../../../processors/integrity.ts'
import { postAttributes } from '../../../processors/post-attributes.ts'
import { mentions, postsByAuthor, postsByContainer, postsByHour } from '../../../processors/post-index.ts'
import { reactionRouting } from '../../../processors/reaction-routing.ts'
import { seen } from '../../../processors/seen.ts'
import { touchedAuthors } from '../../../processors/touched-authors.ts'
import { watchedPosts } from '../../../processors/watched-posts.ts'
import type { Store } from '../../../engine/state/store.ts'
import { node } from '../../../engine/topology.ts'
import { DAY_MS } from '../../../schemas/ids.ts'
import type { FeedAnswer, FeedItem } from '../../../serving/http/feed-schemas.ts'
import { restrictionOf } from '../../../serving/visibility/accepted.ts'
import { PendingRestrictions } from '../../../serving/visibility/pending-restrictions.ts'
import { T0 } from '../../processors/events.ts'
import { aQuery } from '../feeds.ts'
import { ServedState } from '../state.ts'
import { Oracle } from './oracle.ts'
import { type PrivateService, serviceOver } from './service.ts'
import { type Event, send, Society } from './society.ts'
import { StaleIndex } from './stale-index.ts'

/** What decides who may see what, and all that sources find posts by; other stores stay empty. */
const NODES = [
  node(connections),
  node(postAttributes),
  node(postsByAuthor),
  node(postsByContainer),
  node(postsByHour),
  node(mentions),
  node(integrity),
  node(reactionRouting),
  node(postComments),
  node(watchedPosts),
  node(touchedAuthors),
  node(seen),
  node(carriedPosts),
]

/** Societies live this far apart, so that none trends in another's feed. */
const APART_MS = 10 * DAY_MS
/** Posts a page: few enough that there are others. */
const SHORT = 2
const ALL = 20

/** A page, as it was answered, and what the contracts allowed at that moment. */
export interface Shown {
  readonly viewer: string
  readonly items: readonly FeedItem[]
  readonly oracle: Oracle
  /** Posts that were kept back when the page was cut, for rows or what waits forbade them by then. */
  readonly keptBack: number
  /** Something waited to be processed when the answer was made. */
  readonly waited: boolean
  /** 0 for the first of a feed. */
  readonly page: number
}

/** What had been accepted when an answer was made, and whether some of it still waited. */
interface Moment {
  readonly accepted: number
  readonly waited: boolean
}

/**
 * One society: part of its events are processed; the rest is accepted, and some of it processed, whenever the
 * feed waits for a read, and between any two of its steps, up to the moment it is answered.
 */
export class PrivacyRun {
  readonly society: Society
  private readonly state: ServedState
  private readonly restrictions: PendingRestrictions
  private readonly service: PrivateService
  private readonly accepted: Event[] = []
  private answered: Moment = { accepted: 0, waited: false }

  constructor(seed: number, held: Map<string, Store>, place: number) {
    this.society = new Society(seed, place * APART_MS)
    this.state = new ServedState(NODES, held)
    this.restrictions = new PendingRestrictions(this.state)
    const { state, restrictions } = this
    const retrieval = new StaleIndex(this.accepted)
    const answering = (): void => {
      this.answered = { accepted: this.accepted.length, waited: restrictions.size > 0 }
    }
    this.service = serviceOver({ state, restrictions, retrieval, answering })
  }

  /** Two feeds of up to two pages. */
  async feeds(): Promise<Shown[]> {
    const { random, events, users } = this.society
    const processedFirst = random.chance(0.3) ? events.length : random.below(events.length)
    while (this.accepted.length < processedFirst) this.acceptNext()
    this.state.settle()
    this.state.onRead = () => this.goOn()
    this.state.afterRead = () => this.goOn()
    return [...(await this.pages(random.pick(users))), ...(await this.pages(random.pick(users)))]
  }

  private async pages(viewer: string): Promise<Shown[]> {
    const first = await this.meanwhile(this.answer(viewer, SHORT, null))
    const shown = [this.shown(viewer, first, 0)]
    this.goOn()
    if (first.cursor === null) return shown
    const second = await this.meanwhile(this.answer(viewer, SHORT, first.cursor))
    return [...shown, this.shown(viewer, second, 1)]
  }

  private answer(viewer: string, limit: number, cursor: string | null): Promise<FeedAnswer> {
    const query = aQuery({ userId: viewer, asOf: T0 + this.society.endMs })
    return this.service.feeds.page({ ...query, limit }, cursor)
  }

  private shown(viewer: string, { items, meta }: FeedAnswer, page: number): Shown {
    const { account } = this.service.sessions.get(meta.sessionId, 0)!
    const keptBack = sumOf(meta.removed) - sumOf(account.removed)
    const { accepted, waited } = this.answered
    const oracle = new Oracle(this.accepted.slice(0, accepted))
    return { viewer, items, oracle, keptBack, waited, page }
  }

  /** Events are accepted between any two steps of what is waited for. */
  private async meanwhile<Result>(work: Promise<Result>): Promise<Result> {
    const { random, events } = this.society
    const waiting = { on: true }
    const done = work.finally(() => (waiting.on = false))
    while (waiting.on) {
      await Promise.resolve()
      if (random.chance(0.05) && this.accepted.length < events.length) this.acceptNext()
    }
    return done
  }

  /** While somebody waits for a read, other events are accepted and processed, and other readers come and go. */
  private goOn(): void {
    const { random } = this.society
    while (random.chance(0.15) && this.accepted.length < this.society.events.length) this.acceptNext()
    while (random.chance(0.3) && this.state.step((count) => random.below(count)));
    if (random.chance(0.5)) this.restrictions.hold()()
  }

  private acceptNext(): void {
    const event = this.society.events[this.accepted.length]!
    this.accepted.push(event)
    send(event, (topic, value) => this.state.accept(topic, value))
    const restriction = restrictionOf(event.topic.name, event.value)
    if (restriction !== null) this.restrictions.accept([restriction])
  }

  /** Nothing waits: the next feed is made of rows alone, and is one page. */
  async settledFeed(): Promise<Shown> {
    this.state.onRead = () => undefined
    this.state.afterRead = () => undefined
    while (this.accepted.length < this.society.events.length) this.acceptNext()
    this.state.settle()
    const viewer = this.society.random.pick(this.society.users)
    return this.shown(viewer, await this.answer(viewer, ALL, null), 0)
  }

  /** Posts that a feed with room for all must hold: of others, allowed, and nothing the viewer ever touched. */
  duePosts({ viewer, oracle }: Shown): readonly string[] {
    const { users, postIds } = this.society
    return postIds.filter(
      (post, index) =>
        users[index % users.length] !== viewer &&
        oracle.maySee(viewer, post) &&
        !oracle.hasTouched(viewer, post),
    )
  }
}

const sumOf = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((sum, count) => sum + count, 0)
