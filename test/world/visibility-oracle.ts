import { DAY_MS } from '../../schemas/ids.ts'
import type { PublishedEvent } from './recorder.ts'

interface KnownPost {
  readonly postId: string
  readonly authorId: string
  readonly audience: string
  readonly containerId: string | undefined
  readonly at: number
}

const FRESH_DAYS = 14

/**
 * Who may see what, worked out from published events alone, as slowly and plainly as can be: knows nothing of how
 * a world keeps its ties and posts.
 */
export class VisibilityOracle {
  private readonly posts = new Map<string, KnownPost>()
  private readonly ties = new Set<string>()
  private readonly comments = new Map<string, readonly string[]>()
  private readonly looks = new Map<string, number>()

  take({ topic, value }: PublishedEvent): void {
    if (topic === 'posts') this.takePost(value)
    if (topic === 'integrity' && value['verdict'] === 'remove') this.posts.delete(String(value['postId']))
    if (topic === 'connections') {
      const tie = [value['userId'], value['kind'], value['targetId']].join(' ')
      if (value['action'] === 'added') this.ties.add(tie)
      else this.ties.delete(tie)
    }
    if (topic === 'reactions') this.takeReaction(value)
  }

  /** Posts that a feed for the viewer may choose from, sorted. */
  eligible(userId: string, now: number): readonly string[] {
    return [...this.posts.values()]
      .filter((post) => post.at >= now - FRESH_DAYS * DAY_MS && this.maySee(userId, post))
      .filter(({ postId }) => this.isNew(userId, postId))
      .map(({ postId }) => postId)
      .sort()
  }

  private takePost(value: PublishedEvent['value']): void {
    const postId = String(value['postId'])
    if (value['action'] === 'deleted') this.posts.delete(postId)
    if (value['action'] === 'published') this.posts.set(postId, value as unknown as KnownPost)
  }

  private takeReaction(value: PublishedEvent['value']): void {
    const postId = String(value['postId'])
    const comments = this.comments.get(postId) ?? []
    if (value['kind'] === 'view') this.looks.set(`${String(value['userId'])} ${postId}`, comments.length)
    if (value['kind'] === 'comment') this.comments.set(postId, [...comments, String(value['userId'])])
  }

  private maySee(userId: string, { authorId, audience, containerId }: KnownPost): boolean {
    if (authorId === userId) return false
    for (const kind of ['block', 'mute']) {
      if (this.ties.has(`${userId} ${kind} ${authorId}`) || this.ties.has(`${authorId} ${kind} ${userId}`))
        return false
    }
    if (audience === 'public') return true
    if (audience === 'friends') return this.ties.has(`${userId} friend ${authorId}`)
    return this.ties.has(`${userId} ${audience} ${containerId ?? ''}`)
  }

  /** Not looked at, or commented on by the viewer, with comments since the viewer last looked or commented. */
  private isNew(userId: string, postId: string): boolean {
    const lookedAt = this.looks.get(`${userId} ${postId}`)
    if (lookedAt === undefined) return true
    const comments = this.comments.get(postId) ?? []
    const own = comments.lastIndexOf(userId)
    return own !== -1 && comments.length > Math.max(lookedAt, own + 1)
  }
}
