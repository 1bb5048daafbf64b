import { ByteReader, ByteWriter } from '../../engine/bytes.ts'
import { readWords, writeWords } from '../../processors/topics/post-entry.ts'
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
  readonly otherCommenters: number
  readonly commenters: readonly UserId[]
  readonly carriedTimes: number
  readonly lightScore: number
  readonly lightRank: number
  readonly expectedValue: number
  readonly heavyRank: number
  /** What it was put in order by. */
  readonly value: number
}

const NO_HASHTAGS: readonly Hashtag[] = []
const COUNT_MAX = 0xffff
/** Of a place's numbers, beside its words. */
const PLACE_BYTES = 51

/** Packs words before their length is known; shared, for it is used without a pause. */
const writer = new ByteWriter()
const reader = new ByteReader()

/**
 * An order of posts in typed arrays, and its words in one block of bytes. Sessions are kept for long and are many: as
 * objects, strings too, they would be what the garbage collector spends its time on.
 */
export class RankedItems {
  readonly length: number
  /** By place: post, author, container or nothing, commenters and hashtags. */
  private readonly words: Buffer
  private readonly wordStarts: Uint32Array
  private readonly sources: Uint8Array
  private readonly tieTimes: Float64Array
  private readonly tieDetails: Uint16Array
  private readonly otherCommenters: Uint16Array
  private readonly carriedTimes: Uint16Array
  private readonly ranks: Int16Array
  /** Light score, expected value and value of a place at 3 i. */
  private readonly scores: Float64Array

  constructor(order: readonly Candidate[], viewer: Viewer) {
    const { length } = order
    this.length = length
    this.wordStarts = new Uint32Array(length)
    this.sources = new Uint8Array(length)
    this.tieTimes = new Float64Array(length)
    this.tieDetails = new Uint16Array(length)
    this.otherCommenters = new Uint16Array(length)
    this.carriedTimes = new Uint16Array(length)
    this.ranks = new Int16Array(2 * length)
    this.scores = new Float64Array(3 * length)
    writer.reset()
    for (let index = 0; index < length; index++) this.note(index, order[index]!, viewer)
    this.words = writer.copy()
  }

  /** About how much memory it takes. */
  get bytes(): number {
    return this.length * PLACE_BYTES + this.words.length
  }

  at(index: number): RankedItem {
    const { postId, authorId, containerId, commenters, hashtags } = this.wordsAt(index)
    return {
      index,
      post: { postId, authorId },
      containerId,
      hashtags,
      source: SOURCES[this.sources[index]!]!,
      tie: { at: this.tieTimes[index]!, detail: this.tieDetails[index]! },
      otherCommenters: this.otherCommenters[index]!,
      commenters,
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

  /** The posts of the first places. */
  postIds(count: number): PostId[] {
    return Array.from({ length: count }, (_, index) => this.postIdAt(index))
  }

  /** Place of a post; −1 without. */
  indexOf(postId: PostId): number {
    for (let index = 0; index < this.length; index++) if (this.postIdAt(index) === postId) return index
    return -1
  }

  private postIdAt(index: number): PostId {
    return reader.over(this.words, this.wordStarts[index]).string() as PostId
  }

  private note(index: number, candidate: Candidate, viewer: Viewer): void {
    const { at, detail } = tieOf(candidate, viewer)
    this.sources[index] = SOURCES.indexOf(candidate.source)
    this.tieTimes[index] = at
    this.tieDetails[index] = Math.min(detail, COUNT_MAX)
    this.otherCommenters[index] = Math.min(candidate.otherCommenters, COUNT_MAX)
    this.carriedTimes[index] = Math.min(candidate.carriedTimes, COUNT_MAX)
    this.ranks[2 * index] = candidate.lightRank
    this.ranks[2 * index + 1] = candidate.heavyRank
    this.scores[3 * index] = candidate.lightScore
    this.scores[3 * index + 1] = candidate.expectedValue
    this.scores[3 * index + 2] = candidate.value
    this.wordStarts[index] = writer.position
    writeWordsOf(candidate)
  }

  private wordsAt(
    index: number,
  ): RankedItem['post'] & Pick<RankedItem, 'containerId' | 'commenters' | 'hashtags'> {
    reader.over(this.words, this.wordStarts[index])
    const postId = reader.string() as PostId
    const authorId = reader.string() as UserId
    const containerId = reader.u8() === 1 ? (reader.string() as ContainerId) : null
    const commenters = readWords(reader) as UserId[]
    const hashtags = readWords(reader) as Hashtag[]
    return { postId, authorId, containerId, commenters, hashtags }
  }
}

const writeWordsOf = ({ post, commenters, content }: Candidate): void => {
  writer.string(post.postId)
  writer.string(post.authorId)
  writer.u8(post.containerId === null ? 0 : 1)
  if (post.containerId !== null) writer.string(post.containerId)
  writeWords(commenters, writer)
  const hashtags = content?.hashtags ?? NO_HASHTAGS
  writeWords(
    hashtags.length > RANKED_HASHTAGS_MAX ? hashtags.slice(0, RANKED_HASHTAGS_MAX) : hashtags,
    writer,
  )
}
