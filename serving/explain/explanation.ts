import type { PostId, RequestId } from '../../schemas/ids.ts'
import type { Removal, Source } from '../candidate.ts'

export const OUTCOMES = ['shown', 'ranked', 'dropped', 'removed', 'not-found'] as const
export type Outcome = (typeof OUTCOMES)[number]

/** What a source says of the post. */
export interface SourceWord {
  readonly source: Source
  readonly found: boolean
  /** How it was found, or why not. */
  readonly text: string
}

export interface PassWord {
  /** Place after the pass, from 0. */
  readonly rank: number
  readonly score: number
  readonly kept: boolean
  /** By how much its score was below the last that was kept for its rank; null for one that was kept. */
  readonly shortBy: number | null
}

/** Why a post is where it is in a feed, or is not in it. */
export interface Explanation {
  readonly requestId: RequestId
  readonly postId: PostId
  /**
   * `shown` on this page; `ranked` and not on this page; `dropped` by pass 0 or 1; `removed` by a filter;
   * `not-found` by any source.
   */
  readonly outcome: Outcome
  /** One or two sentences for people. */
  readonly text: string
  /** Place on the page, from 0, where an item's `position` counts over all pages; only of what was shown. */
  readonly pagePosition?: number
  /** The strongest first. */
  readonly sources: readonly SourceWord[]
  /** The filter that removed it. */
  readonly filter?: Removal
  readonly passes: {
    readonly pass0?: PassWord
    readonly pass1?: PassWord
    readonly pass2?: PassWord
  }
}
