import { crc32 } from 'node:zlib'
import { keyOf } from '../../engine/key.ts'
import { packItem, ITEM_BYTES } from '../../models/retrieval/tower-inputs.ts'
import { CONTENT_DIMENSIONS } from '../../processors/content/direction.ts'
import { contentVectorStart } from '../../processors/post-attributes.ts'
import { hourOf, type IndexedPost } from '../../processors/topics/post-entry.ts'
import { DAY_MS, HOUR_MS, type Millis, millis } from '../../schemas/ids.ts'
import { POST_AGE_MAX_MS } from '../quotas.ts'
import type { StateRows } from '../state-rows.ts'
import { type HourChange, HourPosts } from './hour-posts.ts'
import { PostFacts } from './post-facts.ts'

/** Posts searched through at most; beyond it those of the oldest hours are left out. */
export const POSTS_SEARCHED_MAX = 1_000_000
/** Hours walked back from the newest event; older ones hold nothing young enough. */
const HOURS_MAX = Math.ceil(POST_AGE_MAX_MS / HOUR_MS) + 1
/** The newest hours, which are looked at each time; older ones take turns. */
const HOURS_HOT = 2
const HOURS_PER_TURN = 24
/** Of younger posts the vectors are read again in turn, for young posts are edited. */
const EDITED_MS_MAX = DAY_MS

/** Where vectors are searched: what a `SearchThread` does. */
export interface PostIndex {
  put(slots: Uint32Array<ArrayBuffer>, items: Int8Array<ArrayBuffer>): Promise<void>
  remove(slots: Uint32Array): Promise<void>
}

export interface PostPoolParts {
  readonly rows: StateRows
  readonly index: PostIndex
  /** Time of the newest event that is processed; null before the first. Posts age by it. */
  readonly newestEventAt: () => Millis | null
  /** Lets other work of the process have its turn. */
  readonly breathe: () => Promise<void>
  readonly postsMax?: number
}

/**
 * The public posts of the last 30 days that say something, with the slots they have in the index. It follows the rows
 * of `posts-by-hour`: the newest hours at each refresh, the others in turn.
 */
export class PostPool {
  private readonly parts: PostPoolParts
  private readonly facts = new PostFacts()
  private readonly hours = new Map<number, { readonly posts: HourPosts; check: number }>()
  private readonly free: number[] = []
  private slots = 0
  private count = 0
  private newestHour = -1
  /** Turns of hours back from the newest that are looked at next. */
  private turn = 0
  /** The newest hour that was left out for want of room: neither it nor older ones are held. */
  private leftOut = -1

  constructor(parts: PostPoolParts) {
    this.parts = parts
  }

  get size(): number {
    return this.count
  }

  /** Undefined for a slot whose post is gone. */
  post(slot: number): IndexedPost | undefined {
    return this.facts.post(slot)
  }

  /** When the post of a slot was published; NaN where it is gone. */
  publishedAt(slot: number): number {
    return this.facts.publishedAt(slot)
  }

  /** All posts, those of the newest hours first. */
  *newest(): Generator<IndexedPost> {
    const hours = [...this.hours.keys()].sort((one, other) => other - one)
    for (const hour of hours) {
      for (const slot of this.hours.get(hour)!.posts.all()) yield this.facts.post(slot)!
    }
  }

  /** Looks at every hour: once, at the start. */
  async fill(): Promise<void> {
    for (let turn = 0; turn * HOURS_PER_TURN < HOURS_MAX; turn++) await this.refresh()
  }

  /** Looks at the newest hours, and at some of the others. One call at a time. Throws what reading rows throws. */
  async refresh(): Promise<void> {
    const newestAt = this.parts.newestEventAt()
    if (newestAt === null) return
    const newest = Math.floor(newestAt / HOUR_MS)
    const passed = this.newestHour === -1 ? HOURS_HOT : newest - this.newestHour + HOURS_HOT
    this.newestHour = newest
    await this.dropExpired()
    await this.look(newestHours(newest, 0, Math.min(passed, HOURS_MAX)), new Set(this.nextTurn(newest)))
    await this.dropSurplus()
  }

  /** None where all of them were left out for want of room, and newer ones too, which would come back first. */
  private nextTurn(newest: number): number[] {
    const first = this.turn * HOURS_PER_TURN
    const end = Math.min(first + HOURS_PER_TURN, HOURS_MAX)
    this.turn = end < HOURS_MAX ? this.turn + 1 : 0
    return newest - first < this.leftOut ? [] : newestHours(newest, first, end)
  }

  /** In one read. Vectors of young posts are read again in `turnHours`, though nothing else of them has changed. */
  private async look(hotHours: readonly number[], turnHours: ReadonlySet<number>): Promise<void> {
    const hours = [...new Set([...hotHours, ...turnHours])]
    const keys = hours.map((hour) => keyOf(hourOf(millis(hour * HOUR_MS))))
    const rows = await this.parts.rows.readMany('posts-by-hour', keys)
    for (const [at, hour] of hours.entries()) {
      const row = rows[at]
      const check = row === undefined ? 0 : crc32(row)
      const known = this.hours.get(hour)
      const mayBeEdited = turnHours.has(hour) && this.newestHour - hour < EDITED_MS_MAX / HOUR_MS
      if (known?.check === check && !mayBeEdited) continue
      if (hour <= this.leftOut) {
        if (!this.mayComeBack(hour, row)) continue
        this.leftOut = hour - 1
      }
      if (known === undefined && row === undefined) continue
      await this.follow(hour, row, check, mayBeEdited)
    }
  }

  /**
   * Hours that were left out come back from the newest on, each once all of it fits: what is taken in for the next look
   * to throw it out again costs the index twice. Others are followed, and the oldest give way.
   */
  private mayComeBack(hour: number, row: Buffer | undefined): boolean {
    if (hour < this.leftOut) return false
    return this.count + new HourPosts().compare(row).added.length <= this.postsMax
  }

  private async follow(
    hour: number,
    row: Buffer | undefined,
    check: number,
    mayBeEdited: boolean,
  ): Promise<void> {
    const known = this.hours.get(hour) ?? { posts: new HourPosts(), check: -1 }
    this.hours.set(hour, known)
    const { added, removed, kept } = known.posts.compare(row)
    await this.remove(known.posts, removed)
    await this.addTo(known.posts, added)
    if (mayBeEdited) await this.renew(known.posts, kept)
    known.check = check
    await this.parts.breathe()
  }

  private async addTo(posts: HourPosts, added: readonly IndexedPost[]): Promise<void> {
    const items = await this.itemsOf(added)
    const spoken = added.filter((_, index) => items[index] !== null)
    const slots = spoken.map((post) => this.take(post))
    posts.add(spoken, slots)
    await this.put(slots, items)
  }

  private async renew(posts: HourPosts, kept: HourChange['kept']): Promise<void> {
    const items = await this.itemsOf(kept.map(({ post }) => post))
    const slots = kept.map(({ slot }) => slot)
    await this.remove(
      posts,
      slots.filter((_, index) => items[index] === null),
    )
    await this.put(
      slots.filter((_, index) => items[index] !== null),
      items,
    )
  }

  /** Packed as the index takes them; null for a post that says nothing, or is gone by now. */
  private async itemsOf(posts: readonly IndexedPost[]): Promise<readonly (Int8Array | null)[]> {
    const items: (Int8Array | null)[] = posts.map(() => null)
    await this.parts.rows.visitIds(
      'post-attributes',
      posts,
      ({ postId }) => postId,
      (index, buffer, start, end) => {
        const vector = contentVectorStart(buffer, start, end)
        if (vector === -1) return
        const item = new Int8Array(ITEM_BYTES)
        const content = new Int8Array(buffer.buffer, buffer.byteOffset + vector, CONTENT_DIMENSIONS)
        packItem(content, posts[index]!, item, 0)
        items[index] = item
      },
    )
    return items
  }

  /** Items that are none are passed over; there is a slot for each of the others. */
  private async put(slots: readonly number[], items: readonly (Int8Array | null)[]): Promise<void> {
    if (slots.length === 0) return
    const packed = new Int8Array(slots.length * ITEM_BYTES)
    for (const [index, item] of items.filter((each) => each !== null).entries()) {
      packed.set(item, index * ITEM_BYTES)
    }
    await this.parts.index.put(Uint32Array.from(slots), packed)
  }

  private async remove(posts: HourPosts, slots: readonly number[]): Promise<void> {
    if (slots.length === 0) return
    posts.remove(slots)
    for (const slot of slots) this.facts.remove(slot)
    this.count -= slots.length
    await this.parts.index.remove(Uint32Array.from(slots))
    // A search under way may still answer these slots: they are used again only afterwards.
    this.free.push(...slots)
  }

  private get postsMax(): number {
    return this.parts.postsMax ?? POSTS_SEARCHED_MAX
  }

  private oldestFirst(): number[] {
    return [...this.hours.keys()].sort((one, other) => one - other)
  }

  private async dropExpired(): Promise<void> {
    for (const hour of this.oldestFirst()) {
      if (hour > this.newestHour - HOURS_MAX) return
      await this.drop(hour)
    }
  }

  private async dropSurplus(): Promise<void> {
    for (const hour of this.oldestFirst()) {
      if (this.count <= this.postsMax) return
      await this.drop(hour)
      this.leftOut = hour
    }
  }

  private async drop(hour: number): Promise<void> {
    const { posts } = this.hours.get(hour)!
    await this.remove(posts, [...posts.all()])
    this.hours.delete(hour)
  }

  /** A slot for a post. */
  private take(post: IndexedPost): number {
    const slot = this.free.pop() ?? this.slots++
    this.facts.put(slot, post)
    this.count++
    return slot
  }
}

/** From `first` to before `end` hours back. */
const newestHours = (newest: number, first: number, end: number): number[] =>
  Array.from({ length: Math.max(0, end - first) }, (_, back) => newest - first - back)
