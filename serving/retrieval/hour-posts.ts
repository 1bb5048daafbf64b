import { Fingerprint } from '../../processors/fingerprint.ts'
import { PostShelf } from '../../processors/post-index.ts'
import type { IndexedPost } from '../../processors/topics/post-entry.ts'

/** What a look at an hour's row says has changed since the last one. */
export interface HourChange {
  readonly added: readonly IndexedPost[]
  /** Slots of posts that are gone, or not for everybody any more. */
  readonly removed: readonly number[]
  /** Those that stayed. */
  readonly kept: readonly { readonly post: IndexedPost; readonly slot: number }[]
}

const fingerprint = new Fingerprint()
/** 52 bits of an id: among a million posts two are mistaken for one with a probability of about 10^-4. */
const keyOf = (postId: string): number => {
  const { high, low } = fingerprint.of(postId)
  return high * 2 ** 20 + (low >>> 12)
}

/**
 * The public posts of one hour that are searched through, by what its row of `posts-by-hour` said. A post that the row
 * holds no more because newer ones pushed it out stays; one that was removed left a tombstone there, and goes.
 */
export class HourPosts {
  private keys = new Float64Array(0)
  private slots = new Uint32Array(0)

  get size(): number {
    return this.slots.length
  }

  /** Slots of all its posts. */
  all(): Uint32Array {
    return this.slots
  }

  compare(row: Buffer | undefined): HourChange {
    const known = new Map<number, number>()
    for (let index = 0; index < this.keys.length; index++) known.set(this.keys[index]!, this.slots[index]!)
    const added: IndexedPost[] = []
    const removed: number[] = []
    const kept: { post: IndexedPost; slot: number }[] = []
    if (row === undefined) return { added, removed, kept }
    const shelf = new PostShelf(row)
    for (let place = shelf.newest(); place >= 0; place = shelf.older(place)) {
      const post = shelf.post(place)
      const slot = known.get(keyOf(shelf.postId(place)))
      const isPublic = post?.audience === 'public'
      if (slot === undefined && isPublic) added.push(post)
      if (slot !== undefined && isPublic) kept.push({ post, slot })
      if (slot !== undefined && !isPublic) removed.push(slot)
    }
    return { added, removed, kept }
  }

  add(posts: readonly IndexedPost[], slots: readonly number[]): void {
    this.keys = Float64Array.from([...this.keys, ...posts.map(({ postId }) => keyOf(postId))])
    this.slots = Uint32Array.from([...this.slots, ...slots])
  }

  remove(slots: readonly number[]): void {
    const gone = new Set(slots)
    const stays = (_: number, index: number): boolean => !gone.has(this.slots[index]!)
    this.keys = this.keys.filter(stays)
    this.slots = this.slots.filter((slot) => !gone.has(slot))
  }
}
