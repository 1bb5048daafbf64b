/**
 * What the server answers, as far as the page reads it, and what the modules of the page hand each other. Types
 * only: browsers never see this file. Times are milliseconds since 1970.
 */

export interface Reason {
  readonly source: string
  readonly text: string
}

export interface HeadTrace {
  readonly head: string
  /** Of `dwell`: seconds. */
  readonly probability: number
  readonly weight: number
  /** probability × weight. */
  readonly value: number
}

/** Places from 0; −1 where a pass did not rank the post. */
export type Ranks = Readonly<Record<Pass, number>>

export interface Trace {
  readonly expectedValue: number
  readonly heads: readonly HeadTrace[]
  readonly multipliers: readonly { readonly rule: string; readonly factor: number }[]
  readonly ranks: Ranks
}

export interface PostContent {
  readonly kind: string
  readonly audience: string
  readonly containerId: string | null
  readonly text: string | null
  readonly language: string | null
  readonly hashtags: readonly string[]
  readonly at: number
  readonly editedAt: number | null
}

export interface FeedItem {
  readonly postId: string
  readonly authorId: string
  readonly position: number
  readonly score: number
  readonly reason: Reason
  readonly post: PostContent
  readonly trace: Trace
}

export interface FeedMeta {
  readonly requestId: string
  readonly asOf: number
  readonly tookMs: number
  readonly featureAgeMs: number | null
  readonly modelVersion: string
  readonly modelOrigin: string
  readonly lightModelVersion: string
  readonly retrievalModelVersion: string | null
  readonly configVersion: string
  readonly candidates: Readonly<Record<'found' | 'eligible' | 'pass0' | 'pass1', number>>
  readonly sources: Readonly<Record<string, number>>
  readonly removed: Readonly<Record<string, number>>
  readonly degraded: readonly { readonly stage: string; readonly reason: string }[]
  readonly stages: readonly { readonly stage: string; readonly ms: number; readonly kept: number }[]
}

export interface Feed {
  readonly items: readonly FeedItem[]
  readonly cursor: string | null
  readonly meta: FeedMeta
}

/** What a source says of a post. */
export interface SourceWord {
  readonly source: string
  readonly found: boolean
  readonly text: string
}

/** What a pass made of a post. */
export interface PassWord {
  /** Place after the pass, from 0. */
  readonly rank: number
  readonly score: number
  readonly kept: boolean
  /** By how much its score was below the last that was kept for its rank. */
  readonly shortBy: number | null
}

export type Pass = 'pass0' | 'pass1' | 'pass2'

export interface Explanation {
  readonly postId: string
  readonly outcome: 'shown' | 'ranked' | 'dropped' | 'removed' | 'not-found'
  readonly text: string
  readonly sources: readonly SourceWord[]
  readonly filter?: string
  readonly passes: Readonly<Partial<Record<Pass, PassWord>>>
  readonly trace?: Trace
  readonly features?: Readonly<Record<string, number>>
}

export interface RecentViewer {
  readonly userId: string
  readonly events: number
}

export interface LiveReport {
  readonly eventsPerS: number
  readonly freshnessMs: number | null
  readonly feedsPerS: number
  readonly feedP50Ms: number | null
  readonly feedP99Ms: number | null
}

/** Ties and profile of a viewer, from the state itself; each null where it is not known. */
export interface ViewerState {
  readonly profile: {
    readonly country: string | null
    readonly language: string | null
    readonly interests: readonly string[]
  } | null
  readonly connections: Readonly<
    Record<'friends' | 'follows' | 'groups' | 'pages', readonly { readonly id: string }[]>
  > | null
  readonly touched: readonly { readonly authorId: string; readonly touches: number }[] | null
}

/** Reactions that the page can send. */
export type ReactionKind = 'like' | 'comment' | 'hide' | 'see_less'

export interface Reaction {
  readonly userId: string
  readonly postId: string
  readonly authorId: string
  readonly kind: ReactionKind
  readonly undo: boolean
  /** Of a comment: the same when it is taken back. */
  readonly commentId?: string
  readonly requestId?: string
}

export interface FeedRequest {
  readonly userId: string
  readonly limit: number
  readonly cursor?: string
  /** Somebody only looks: nothing is logged. */
  readonly preview: boolean
}

/** A post's move against the feed before: places up (below 0: down), or that it was not there. Null: not compared. */
export type Move = number | 'new' | null

/** What a post's card can have done. */
export interface CardActions {
  react(item: FeedItem, kind: ReactionKind): void
  explain(postId: string): Promise<Explanation>
}

/** How a feed differs from the one before. */
export interface Changes {
  readonly moved: number
  readonly added: number
}

/** What an element may be given as a child; nothing is made of null, false and undefined. */
export type Child = Node | string | null | false | undefined

/** True and false set an attribute and leave it out; null and undefined leave it out. */
export type Attributes = Readonly<Record<string, string | number | boolean | null | undefined>>
