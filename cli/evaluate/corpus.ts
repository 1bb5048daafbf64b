import type { IndexedPost } from '../../processors/topics/post-entry.ts'
import type { Envelope } from '../../schemas/envelope.ts'
import type { Erasure } from '../../schemas/erasures/index.ts'
import { DAY_MS, type Millis, type PostId, type UserId } from '../../schemas/ids.ts'
import type { Integrity } from '../../schemas/integrity/index.ts'
import type { Post } from '../../schemas/posts/index.ts'
import type { Reaction, ReactionKind } from '../../schemas/reactions/index.ts'
import { PASSIVE_SHOWN_MIN, rarelyDoesMore } from '../../processors/experiments/measures.ts'
import { ActivityOrder } from './activity-order.ts'

/** The interactions that are foretold, and that popularity counts. */
export const POSITIVE: ReadonlySet<ReactionKind> = new Set<ReactionKind>([
  'click',
  'like',
  'comment',
  'share',
  'save',
])

/** One by somebody known, that is not taken back. */
export const isPositive = ({ userId, kind, undo }: Reaction): boolean =>
  userId !== null && !undo && POSITIVE.has(kind)

/** Half-life of the baseline of decayed popularity. */
const POPULARITY_HALF_LIFE_MS = 3 * DAY_MS

/** What became of a post; known of some before they are published. */
interface Fate {
  /** Deleted by its author, which is for good. */
  gone: boolean
  /** Removed by moderation, until it says otherwise. */
  removed: boolean
}

/** A post as the evaluation knows it: from the events alone, without anything that Freshet keeps. */
export interface KnownPost extends IndexedPost, Fate {
  /** Its place in the order of activity. */
  readonly index: number
  activeAt: Millis
  /** Positive interactions of anybody so far. */
  interactions: number
  /** Those, decayed as of `decayedAt`. */
  decayed: number
  decayedAt: Millis
}

interface KnownUser {
  /** Posts the user reacted to in any way. */
  readonly touched: Set<KnownPost>
  /** Positive interactions so far. */
  interactions: number
}

const NOBODY: KnownUser = { touched: new Set(), interactions: 0 }

/** Posts and users of the events so far, for finding what to evaluate, drawing the others, and baselines. */
export class Corpus {
  private readonly posts = new Map<PostId, KnownPost>()
  /** Of posts that are not published yet. */
  private readonly fates = new Map<PostId, Fate>()
  private readonly users = new Map<UserId, KnownUser>()
  private readonly byIndex: KnownPost[] = []
  private readonly order = new ActivityOrder()

  post(postId: PostId): KnownPost | undefined {
    return this.posts.get(postId)
  }

  /** Positive interactions of the user so far, with any post. */
  interactionsOf(userId: UserId): number {
    return this.users.get(userId)?.interactions ?? 0
  }

  /** Whether the user has looked at posts enough to tell, and rarely done more: of all posts touched so far. */
  isPassive(userId: UserId): boolean {
    const { touched, interactions } = this.users.get(userId) ?? NOBODY
    return touched.size >= PASSIVE_SHOWN_MIN && rarelyDoesMore(touched.size, interactions)
  }

  /** Whether the user wrote the post or ever reacted to it. */
  hasTouched(userId: UserId, post: KnownPost): boolean {
    return post.authorId === userId || (this.users.get(userId)?.touched.has(post) ?? false)
  }

  /** Posts that are there now, the most recently active first. */
  *mostRecentlyActive(): Generator<KnownPost> {
    for (const index of this.order.newestFirst()) {
      const post = this.byIndex[index]!
      if (!post.gone && !post.removed) yield post
    }
  }

  /** Events of other topics change nothing that is known here. */
  apply({ contract, value }: Envelope): void {
    if (contract.topic === 'posts') this.applyPost(value as Post)
    else if (contract.topic === 'reactions') this.applyReaction(value as Reaction)
    else if (contract.topic === 'integrity') this.applyIntegrity(value as Integrity)
    else if (contract.topic === 'erasures') this.forget((value as Erasure).userId)
  }

  /** A publication, an edit or a deletion. A post exists from its first publication on. */
  applyPost({ action, postId, authorId, kind, audience, containerId, language, at }: Post): void {
    if (action === 'deleted') {
      this.fateOf(postId).gone = true
      return
    }
    const known = this.posts.get(postId)
    if (known === undefined && action === 'edited') return
    const { index, publishedAt } = known ?? { index: this.byIndex.length, publishedAt: at }
    const facts = { postId, authorId: known?.authorId ?? authorId, kind, audience, containerId, language }
    const fresh = { ...this.fateOf(postId), interactions: 0, decayed: 0, decayedAt: at }
    const post = Object.assign(known ?? { ...fresh, index, publishedAt, activeAt: at, ...facts }, facts)
    this.posts.set(postId, post)
    this.fates.delete(postId)
    this.byIndex[index] = post
    this.activate(post, at)
  }

  /** Reactions to posts that are not known count nowhere. */
  applyReaction(reaction: Reaction): void {
    const { userId, postId, kind, undo, at } = reaction
    const post = this.posts.get(postId)
    if (post === undefined) return
    this.activate(post, at)
    if (POSITIVE.has(kind)) popularise(post, undo ? -1 : 1, at)
    if (userId === null) return
    const user = this.userOf(userId)
    user.touched.add(post)
    if (isPositive(reaction)) user.interactions++
  }

  applyIntegrity({ postId, verdict }: Integrity): void {
    this.fateOf(postId).removed = verdict === 'remove'
  }

  forget(userId: UserId): void {
    this.users.delete(userId)
  }

  private activate(post: KnownPost, at: Millis): void {
    post.activeAt = at
    this.order.touch(post.index)
  }

  /** The post's own, or one that waits for it. */
  private fateOf(postId: PostId): Fate {
    const known = this.posts.get(postId) ?? this.fates.get(postId)
    if (known !== undefined) return known
    const made: Fate = { gone: false, removed: false }
    this.fates.set(postId, made)
    return made
  }

  private userOf(userId: UserId): KnownUser {
    const known = this.users.get(userId)
    if (known !== undefined) return known
    const made: KnownUser = { touched: new Set(), interactions: 0 }
    this.users.set(userId, made)
    return made
  }
}

/** Decayed positive interactions as of a time. */
export const decayedAsOf = ({ decayed, decayedAt }: KnownPost, asOf: Millis): number =>
  decayed * 2 ** (-(asOf - decayedAt) / POPULARITY_HALF_LIFE_MS)

/** An undo takes one away at its own time. */
const popularise = (post: KnownPost, by: 1 | -1, at: Millis): void => {
  post.decayed = Math.max(0, decayedAsOf(post, at) + by)
  post.decayedAt = at
  post.interactions = Math.max(0, post.interactions + by)
}
