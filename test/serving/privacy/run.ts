import { connections } from '../../../processors/connections/index.ts'
import { integrity } from '../../../processors/integrity.ts'
import { postAttributes } from '../../../processors/post-attributes.ts'
import { mentions, postsByAuthor, postsByContainer, postsByHour } from '../../../processors/post-index.ts'
import type { Store } from '../../../engine/state/store.ts'
import { node } from '../../../engine/topology.ts'
import { DAY_MS } from '../../../schemas/ids.ts'
import { restrictionOf } from '../../../serving/visibility/accepted.ts'
import { Visibility } from '../../../serving/visibility/index.ts'
import { PendingRestrictions } from '../../../serving/visibility/pending-restrictions.ts'
import { userId, T0 } from '../../processors/events.ts'
import { aQuery, pipelineOver } from '../feeds.ts'
import { ServedState } from '../state.ts'
import { Oracle } from './oracle.ts'
import { type Event, send, Society } from './society.ts'

/** What decides who may see what; other stores stay empty. */
const NODES = [
  node(connections),
  node(postAttributes),
  node(postsByAuthor),
  node(postsByContainer),
  node(postsByHour),
  node(mentions),
  node(integrity),
]

/** Societies live this far apart, so that none trends in another's feed. */
const APART_MS = 10 * DAY_MS

export interface Shown {
  readonly viewer: string
  readonly shown: readonly string[]
  /** What the contracts allowed when the answer was made, but for the viewer's own. */
  readonly allowed: readonly string[]
  /** Posts that were kept back by nothing but events that waited to be processed. */
  readonly keptBack: number
  /** Something waited to be processed when the answer was made. */
  readonly waited: boolean
}

/**
 * One society: part of its events are processed; the rest is accepted, and some of it processed, whenever the
 * feed waits for a read, up to the moment it is answered.
 */
export class PrivacyRun {
  private readonly society: Society
  private readonly state: ServedState
  private readonly restrictions: PendingRestrictions
  private readonly accepted: Event[] = []

  constructor(seed: number, held: Map<string, Store>, place: number) {
    this.society = new Society(seed, place * APART_MS)
    this.state = new ServedState(NODES, held)
    this.restrictions = new PendingRestrictions(this.state)
  }

  async feeds(): Promise<Shown[]> {
    const { random, events, users } = this.society
    const processedFirst = random.chance(0.3) ? events.length : random.below(events.length)
    while (this.accepted.length < processedFirst) this.acceptNext()
    this.state.settle()
    this.state.onRead = () => this.goOn()
    this.state.afterRead = () => this.goOn()
    const shown: Shown[] = []
    for (const viewer of [random.pick(users), random.pick(users)]) shown.push(await this.feed(viewer))
    return shown
  }

  private async feed(viewer: string): Promise<Shown> {
    const asOf = T0 + this.society.endMs
    const pipeline = pipelineOver(this.state, { restrictions: this.restrictions })
    const { order } = await pipeline.rank(aQuery({ userId: viewer, asOf }))
    const visibility = new Visibility(this.state.rows, this.restrictions)
    const { kept } = await visibility.recheck(userId(viewer), order)
    const still = kept.filter((each) => visibility.removalOf(userId(viewer), each) === null)
    const shown = still.map(({ candidate }) => candidate.post.postId)
    const oracle = new Oracle(this.accepted)
    const allowed = this.society.postIds.filter((post) => oracle.maySee(viewer, post))
    const waited = this.restrictions.size > 0
    return { viewer, shown, allowed, keptBack: order.length - shown.length, waited }
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

  /** Nothing waits: the next feed is made of rows alone. */
  async settledFeed(): Promise<Shown> {
    this.state.onRead = () => undefined
    this.state.afterRead = () => undefined
    while (this.accepted.length < this.society.events.length) this.acceptNext()
    this.state.settle()
    return this.feed(this.society.random.pick(this.society.users))
  }

  isOwn(viewer: string, post: string): boolean {
    const { users, postIds } = this.society
    return users[postIds.indexOf(post) % users.length] === viewer
  }
}
