import type { ContainerId, Hashtag, PostId, UserId } from '../../schemas/ids.ts'
import { RANKED_HASHTAGS_MAX } from '../../schemas/impressions/index.ts'
import { type Candidate, type Source, SOURCES } from '../candidate.ts'
import { type Tie, tieOf } from '../reasons/tie.ts'
import type { Viewer } from '../viewer.ts'

/** A place in a session's order: what pages, traces and impressions tell of its post. */
export interface RankedItem {
  /** Place in the order, from 0. */
  readonly index: number
  readonly post: { readonly postId: PostId; readonly authorId: UserId }
  /** What held the post and its first hashtags, as they were ranked. */
  readonly containerId: ContainerId | null
  readonly hashtags: readonly Hashtag[]
  readonly source: Source
  readonly tie: Tie
  readonly unseenComments: number
  readonly commenters: readonly UserId[]
  readonly carriedTimes: number
  readonly lightScore: number
  readonly lightRank: number
  readonly expectedValue: number
  readonly heavyRank: number
  /** What it was put in order by. */
  readonly value: number
}

const NOBODY: readonly UserId[] = []
const NO_HASHTAGS: readonly Hashtag[] = []
const COUNT_MAX = 0xffff
/** Of a place: three references to ids, its hashtags, and its numbers. */
const PLACE_BYTES = 220

/**
 * An order of posts in typed arrays. Sessions are kept for long and are many: as objects they would be what the
 * garbage collector spends its time on.
 */
export class RankedItems {
  readonly length: number
  private readonly postIds: readonly PostId[]
  private readonly authorIds: readonly UserId[]
  private readonly containerIds: readonly (ContainerId | null)[]
  private readonly sources: Uint8Array
  private readonly tieTimes: Float64Array
  private readonly tieDetails: Uint16Array
  private readonly unseenComments: Uint16Array
  private readonly carriedTimes: Uint16Array
  private readonly ranks: Int16Array
  /** Light score, expected value and value of a place at 3 i. */
  private readonly scores: Float64Array
  private readonly commenters = new Map<number, readonly UserId[]>()
  private readonly hashtags = new Map<number, readonly Hashtag[]>()

  constructor(order: readonly Candidate[], viewer: Viewer) {
    const { length } = order
    this.length = length
    this.postIds = order.map(({ post }) => post.postId)
    this.authorIds = order.map(({ post }) => post.authorId)
    this.containerIds = order.map(({ post }) => post.containerId)
    this.sources = new Uint8Array(length)
    this.tieTimes = new Float64Array(length)
    this.tieDetails = new Uint16Array(length)
    this.unseenComments = new Uint16Array(length)
    this.carriedTimes = new Uint16Array(length)
    this.ranks = new Int16Array(2 * length)
    this.scores = new Float64Array(3 * length)
    for (let index = 0; index < length; index++) this.note(index, order[index]!, viewer)
  }

  /** About how much memory it takes. */
  get bytes(): number {
    return this.length * PLACE_BYTES
  }

  at(index: number): RankedItem {
    return {
      index,
      post: { postId: this.postIds[index]!, authorId: this.authorIds[index]! },
      containerId: this.containerIds[index]!,
      hashtags: this.hashtags.get(index) ?? NO_HASHTAGS,
      source: SOURCES[this.sources[index]!]!,
      tie: { at: this.tieTimes[index]!, detail: this.tieDetails[index]! },
      unseenComments: this.unseenComments[index]!,
      commenters: this.commenters.get(index) ?? NOBODY,
      carriedTimes: this.carriedTimes[index]!,
      lightScore: this.scores[3 * index]!,
      lightRank: this.ranks[2 * index]!,
      expectedValue: this.scores[3 * index + 1]!,
      heavyRank: this.ranks[2 * index + 1]!,
      value: this.scores[3 * index + 2]!,
    }
  }

  slice(start: number, end: number): RankedItem[] {
    const items: RankedItem[] = []
    for (let index = start; index < Math.min(end, this.length); index++) items.push(this.at(index))
    return items
  }

  /** Place of a post; −1 without. */
  indexOf(postId: PostId): number {
    return this.postIds.indexOf(postId)
  }

  private note(index: number, candidate: Candidate, viewer: Viewer): void {
    const { at, detail } = tieOf(candidate, viewer)
    this.sources[index] = SOURCES.indexOf(candidate.source)
    this.tieTimes[index] = at
    this.tieDetails[index] = Math.min(detail, COUNT_MAX)
    this.unseenComments[index] = Math.min(candidate.unseenComments, COUNT_MAX)
    this.carriedTimes[index] = Math.min(candidate.carriedTimes, COUNT_MAX)
    this.ranks[2 * index] = candidate.lightRank
    this.ranks[2 * index + 1] = candidate.heavyRank
    this.scores[3 * index] = candidate.lightScore
    this.scores[3 * index + 1] = candidate.expectedValue
    this.scores[3 * index + 2] = candidate.value
    if (candidate.commenters.length > 0) this.commenters.set(index, candidate.commenters)
    const hashtags = candidate.content?.hashtags
    if (hashtags !== undefined && hashtags.length > 0)
      this.hashtags.set(index, hashtags.slice(0, RANKED_HASHTAGS_MAX))
  }
}
