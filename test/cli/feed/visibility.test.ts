import { describe, expect, test } from 'vitest'
import { FEED_LIMIT_MAX } from '../../../cli/feed/feed.ts'
import { Random } from '../../../engine/driver/random.ts'
import { HOUR_MS } from '../../../schemas/ids.ts'
import { event, post, type PublishedEvent, reaction, tie } from '../community.ts'
import { Running } from '../running.ts'

const USERS = ['ada', 'bea', 'cem', 'dan', 'eve']
const GROUPS = ['climbers', 'cooks']
const PAGES = ['peaks']
const POSTS = 24
const TIES = 40
const TOUCHES = ['like', 'comment', 'share']

interface ModelPost {
  readonly postId: string
  readonly authorId: string
  audience: string
  readonly containerId: string | null
  deleted: boolean
  verdict: string
}

/** Who may see what, kept by hand from the events in their order. */
class Model {
  readonly posts: ModelPost[] = []
  readonly events: PublishedEvent[] = []
  private readonly ties = new Set<string>()
  private readonly seen = new Set<string>()
  private readonly touches = new Map<string, number>()
  private readonly random: Random
  private at = Date.now() - 20 * HOUR_MS

  constructor(seed: number) {
    this.random = new Random(seed)
    for (let index = 0; index < POSTS; index++) this.publish(`post-${index}`)
    for (let index = 0; index < TIES; index++) this.connect()
    for (let index = 0; index < POSTS; index++) this.disturb()
  }

  visible(viewer: string): Map<string, string> {
    const sources = new Map<string, string>()
    for (const each of this.posts) {
      const source = this.source(viewer, each)
      if (source !== null) sources.set(each.postId, source)
    }
    return sources
  }

  wasSeen(viewer: string, postId: string): boolean {
    return this.seen.has(`${viewer} ${postId}`)
  }

  private source(
    viewer: string,
    { authorId, audience, containerId, deleted, verdict }: ModelPost,
  ): string | null {
    const has = (kind: string, other: string | null): boolean => this.ties.has(`${viewer} ${kind} ${other}`)
    const apart = ['block', 'mute'].some(
      (kind) => has(kind, authorId) || this.ties.has(`${authorId} ${kind} ${viewer}`),
    )
    if (deleted || verdict === 'remove' || apart || authorId === viewer) return null
    if (audience === 'friends' && !has('friend', authorId)) return null
    if (audience === 'group' && !has('group', containerId)) return null
    if (audience === 'page' && !has('page', containerId)) return null
    if (has('friend', authorId)) return 'friend'
    if (has('follow', authorId)) return 'follow'
    if (has('group', containerId)) return 'group'
    if (has('page', containerId)) return 'page'
    return (this.touches.get(`${viewer} ${authorId}`) ?? 0) > 0 ? 'touched-author' : 'trending'
  }

  private publish(postId: string): void {
    const audience = this.pick(['public', 'public', 'friends', 'group', 'page'])
    const containers = { group: GROUPS, page: PAGES }[audience]
    const containerId = containers === undefined ? null : this.pick(containers)
    const authorId = this.pick(USERS)
    this.posts.push({ postId, authorId, audience, containerId, deleted: false, verdict: 'allow' })
    this.add(post(postId, authorId, { audience, ...(containerId !== null && { containerId }) }))
  }

  private connect(): void {
    const kind = this.pick(['friend', 'friend', 'follow', 'follow', 'group', 'page', 'block', 'mute'])
    const userId = this.pick(USERS)
    const targetId = this.pick({ group: GROUPS, page: PAGES }[kind] ?? USERS)
    if (userId === targetId) return
    const added = this.random.below(4) > 0
    const change = (name: string): unknown => (added ? this.ties.add(name) : this.ties.delete(name))
    change(`${userId} ${kind} ${targetId}`)
    if (kind === 'friend') change(`${targetId} ${kind} ${userId}`)
    this.add(tie(userId, targetId, kind, { action: added ? 'added' : 'removed' }))
  }

  /** Deletes, judges, edits or touches some post. */
  private disturb(): void {
    const each = this.pick(this.posts)
    const { postId, authorId, containerId } = each
    const chance = this.random.below(8)
    if (chance === 0) {
      each.deleted = true
      this.add(post(postId, authorId, { action: 'deleted' }))
    } else if (chance === 1) {
      each.verdict = this.pick(['allow', 'downrank', 'remove'])
      this.add(event('integrity', { postId, verdict: each.verdict, scores: {} }))
    } else if (chance === 2 && !each.deleted) {
      each.audience = containerId === null ? 'public' : each.audience
      this.add(
        post(postId, authorId, {
          action: 'edited',
          audience: each.audience,
          ...(containerId !== null && { containerId }),
        }),
      )
    } else this.touch(each)
  }

  private touch({ postId, authorId }: ModelPost): void {
    const userId = this.pick(USERS)
    const kind = this.pick(['view', ...TOUCHES])
    this.seen.add(`${userId} ${postId}`)
    const pair = `${userId} ${authorId}`
    if (TOUCHES.includes(kind)) this.touches.set(pair, (this.touches.get(pair) ?? 0) + 1)
    this.add(reaction(userId, postId, authorId, kind))
  }

  private add(made: PublishedEvent): void {
    this.at += 1_000
    this.events.push({ ...made, value: { ...made.value, at: this.at } })
  }

  private pick<Value>(values: readonly Value[]): Value {
    return values[this.random.below(values.length)]!
  }
}

describe('whatever happened before', () => {
  test.each([1, 2, 3, 4, 5, 6, 7, 8])(
    'a feed holds what its viewer may see, and nothing else (seed %i)',
    async (seed) => {
      const model = new Model(seed)
      const running = await Running.start({ partitions: seed % 2 === 0 ? 3 : 1 })
      await running.take(model.events)
      for (const userId of [...USERS, 'stranger']) {
        const { items, meta } = await running.feed({ userId, limit: FEED_LIMIT_MAX })
        const sources = items.map(({ postId, reason }): [string, string] => [postId, reason.source])
        expect(Object.fromEntries(sources)).toEqual(Object.fromEntries(model.visible(userId)))
        expect(sources).toHaveLength(model.visible(userId).size)
        for (const { postId, seen } of items) expect(seen, postId).toBe(model.wasSeen(userId, postId))
        const lastFresh = items.findLastIndex(({ seen }) => !seen)
        expect(items.slice(0, lastFresh + 1).every(({ seen }) => !seen)).toBe(true)
        expect(meta.candidates).toBe(items.length + meta.removed.integrity + meta.removed.deleted)
      }
    },
  )
})
