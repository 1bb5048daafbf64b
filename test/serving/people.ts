import type { Topic } from '../../engine/topic.ts'
import { connections, posts, reactions } from '../../processors/topics.ts'
import type { Candidate, Source } from '../../serving/candidate.ts'
import type { FeedQuery } from '../../serving/query.ts'
import { ViewerDraft } from '../../serving/viewer-draft.ts'
import { DAY_MS } from '../../schemas/ids.ts'
import { aPost, aReaction, later } from '../processors/events.ts'
import { aConnection } from '../processors/personal-events.ts'
import { stagesOver } from './feeds.ts'
import { ServedState } from './state.ts'

/** A state to publish into by short words; every event has an id of its own. */
export class People {
  readonly state = new ServedState()
  private events = 0

  publish<Value extends object>(topic: Topic<Value>, value: Value): this {
    this.state.publish(topic, { ...value, eventId: `event-${this.events++}` })
    return this
  }

  post(post: string, fields: Parameters<typeof aPost>[0] = {}): this {
    return this.publish(posts, aPost({ postId: post, at: later(-DAY_MS), ...fields }))
  }

  tie(kind: Parameters<typeof aConnection>[0] & object): this {
    return this.publish(connections, aConnection({ at: later(-2 * DAY_MS), ...kind }))
  }

  react(post: string, fields: Parameters<typeof aReaction>[0] = {}): this {
    return this.publish(reactions, aReaction({ postId: post, at: later(-DAY_MS / 2), ...fields }))
  }

  /** The viewer of a query as query hydrators read them. */
  async viewer(query: FeedQuery): Promise<ViewerDraft> {
    const viewer = new ViewerDraft(query.userId)
    for (const stage of stagesOver(this.state).queryHydrators) (await stage.hydrate(query))(viewer)
    return viewer
  }

  /** What one source finds. */
  async find(source: Source, query: FeedQuery, max = 1_000): Promise<readonly Candidate[]> {
    const stage = stagesOver(this.state).sources.find((each) => each.source === source)!
    const finding = await stage.find(query, await this.viewer(query))
    return finding.take(max)
  }
}
