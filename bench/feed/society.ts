import { Random } from '../../engine/driver/random.ts'
import type { Envelope } from '../../schemas/envelope.ts'
import { openEnvelope } from '../../schemas/envelope.ts'
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../schemas/ids.ts'
import { AUDIENCES, POST_KINDS } from '../../schemas/posts/index.ts'

export interface SocietySize {
  readonly users: number
  readonly posts: number
  readonly reactions: number
  /** Of each circle, so that one viewer's rows are not all that is in caches. */
  readonly viewers: number
}

const POSTS_PER_USER = 10
const POSTS_PER_VIEWER = 1_000
const VIEWERS_MIN = 2
const VIEWERS_MAX = 50

/** A tenth as many users as posts, and as many viewers as are not most of what there is to load. */
export const sizeOf = (posts: number, reactions: number): SocietySize => ({
  users: Math.ceil(posts / POSTS_PER_USER),
  posts,
  reactions,
  viewers: Math.min(VIEWERS_MAX, Math.max(VIEWERS_MIN, Math.ceil(posts / POSTS_PER_VIEWER))),
})

/** Ties of a viewer: what posts may be ranked for them follows from these. */
export interface Circle {
  readonly name: string
  readonly friends: number
  readonly follows: number
  readonly groups: number
  readonly pages: number
  /** Authors reacted to, of whom the viewer is no friend and no follower. */
  readonly touched: number
  /** Posts that mention the viewer. */
  readonly mentions: number
}

/** About 1,500 candidates. */
export const USUAL: Circle = {
  name: 'usual',
  friends: 70,
  follows: 40,
  groups: 4,
  pages: 2,
  touched: 10,
  mentions: 0,
}
/** As many as a feed takes, and more. */
export const LARGE: Circle = {
  name: 'large',
  friends: 220,
  follows: 180,
  groups: 12,
  pages: 8,
  touched: 60,
  mentions: 100,
}
const CIRCLES = [USUAL, LARGE]

const viewerName = (circle: Circle, index: number): string => `viewer-${circle.name}-${index}`

const USERS_PER_GROUP = 100
const USERS_PER_PAGE = 400
const HASHTAGS = 5_000
const COUNTRIES = ['DE', 'FR', 'BR', 'US', 'IN']
const POST_AGE_MAX_MS = 28 * DAY_MS
const TEXT =
  'What there is to say about the weather, the neighbours and the next match, in about as many words.'

const user = (index: number): string => `user-${index}`
const group = (index: number): string => `group-${index}`
const page = (index: number): string => `page-${index}`

/** People, posts, ties and reactions for benchmarks of feeds; a function of its sizes and the time. */
export class Society {
  readonly size: SocietySize
  private readonly random = new Random(7)
  private readonly now: number
  private events = 0

  constructor(size: SocietySize, now: number) {
    this.size = size
    this.now = now
  }

  /** Whom feeds are asked for. */
  viewersOf(circle: Circle): readonly string[] {
    return Array.from({ length: this.size.viewers }, (_, index) => viewerName(circle, index))
  }

  *all(): Generator<Envelope> {
    yield* this.viewers()
    for (let index = 0; index < this.size.posts; index++) yield this.post(index)
    for (let index = 0; index < this.size.reactions; index++) {
      yield this.reaction(this.now - MINUTE_MS - this.random.below(2 * DAY_MS))
    }
  }

  /** Somebody reacts to some post. */
  reaction(at: number): Envelope {
    const index = this.random.below(this.size.posts)
    const kind = this.random.pick([
      'view',
      'view',
      'view',
      'dwell',
      'click',
      'like',
      'like',
      'comment',
      'skip',
    ])
    return this.event('reactions', {
      userId: user(this.random.below(this.size.users)),
      postId: `post-${index}`,
      authorId: user(this.authorOf(index)),
      kind,
      ...(kind === 'dwell' && { value: 1_000 + this.random.below(20_000) }),
      at,
    })
  }

  private authorOf(post: number): number {
    return post % this.size.users
  }

  private post(index: number, fields: object = {}): Envelope {
    const place = this.random.below(20)
    const audience = place === 0 ? 'group' : place === 1 ? 'page' : place < 8 ? 'friends' : 'public'
    const { users } = this.size
    const containerId =
      audience === 'group'
        ? group(this.random.below(Math.max(1, users / USERS_PER_GROUP)))
        : audience === 'page'
          ? page(this.random.below(Math.max(1, users / USERS_PER_PAGE)))
          : undefined
    return this.event('posts', {
      postId: `post-${index}`,
      authorId: user(this.authorOf(index)),
      action: 'published',
      kind: this.random.pick(POST_KINDS),
      audience: AUDIENCES.find((each) => each === audience),
      ...(containerId !== undefined && { containerId }),
      text: TEXT,
      language: 'en',
      hashtags: [`tag${this.random.below(HASHTAGS)}`],
      at: this.now - HOUR_MS - this.random.below(POST_AGE_MAX_MS),
      ...fields,
    })
  }

  private *viewers(): Generator<Envelope> {
    for (const circle of CIRCLES) {
      for (const userId of this.viewersOf(circle)) yield* this.viewer(userId, circle)
    }
  }

  private *viewer(userId: string, circle: Circle): Generator<Envelope> {
    const at = this.now - 40 * DAY_MS
    const { users, posts } = this.size
    yield this.event('profiles', { userId, country: this.random.pick(COUNTRIES), language: 'en', at })
    const tie = (targetId: string, kind: string): Envelope =>
      this.event('connections', { userId, targetId, kind, action: 'added', at })
    for (let count = 0; count < circle.friends; count++) yield tie(user(this.random.below(users)), 'friend')
    for (let count = 0; count < circle.follows; count++) yield tie(user(this.random.below(users)), 'follow')
    for (let count = 0; count < circle.groups; count++) {
      yield tie(group(this.random.below(Math.max(1, users / USERS_PER_GROUP))), 'group')
    }
    for (let count = 0; count < circle.pages; count++) {
      yield tie(page(this.random.below(Math.max(1, users / USERS_PER_PAGE))), 'page')
    }
    for (let count = 0; count < circle.touched; count++) {
      const index = this.random.below(posts)
      const postId = `post-${index}`
      const authorId = user(this.authorOf(index))
      yield this.event('reactions', { userId, postId, authorId, kind: 'like', at: this.now - DAY_MS })
    }
    for (let count = 0; count < circle.mentions; count++) {
      yield this.post(posts + this.events, { mentions: [userId], audience: 'public' })
    }
  }

  private event(topic: string, value: object): Envelope {
    return openEnvelope({ topic, value: { eventId: `e${(this.events++).toString(36)}`, ...value } })
  }
}
