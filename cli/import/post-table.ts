export type PostType = 'question' | 'answer' | 'other'

/** Stack Overflow, the largest site, had 78 million posts in 2024. */
export const POST_ID_MAX = 200_000_000

const TYPES = [undefined, 'question', 'answer', 'other'] as const
const AUTHOR_UNKNOWN = -0x8000_0000
const NO_PARENT = 0

export interface KnownPost {
  readonly type: PostType
  readonly author: number | undefined
  /** An answer's question. */
  readonly parent: number | undefined
  /** Milliseconds since the epoch. */
  readonly createdAt: number
}

/** What reactions need to know of posts: 17 bytes for each id up to the highest, 17 MB a million. */
export class PostTable {
  private types = new Uint8Array(1 << 10)
  private authors = new Int32Array(1 << 10)
  private parents = new Int32Array(1 << 10)
  private createdAts = new Float64Array(1 << 10)

  /** `postId` from 1 to `POST_ID_MAX`; user ids are 32-bit and above -2^31. */
  add(postId: number, { type, author, parent, createdAt }: KnownPost): void {
    if (postId >= this.types.length) this.grow(postId)
    this.types[postId] = TYPES.indexOf(type)
    this.authors[postId] = author ?? AUTHOR_UNKNOWN
    this.parents[postId] = parent ?? NO_PARENT
    this.createdAts[postId] = createdAt
  }

  /** Undefined where the dump has no such post. */
  type(postId: number): PostType | undefined {
    return TYPES[this.types[postId] ?? 0]
  }

  /** The author's user id, where the post and its author are known. */
  author(postId: number): number | undefined {
    if (this.type(postId) === undefined) return undefined
    const author = this.authors[postId]
    return author === AUTHOR_UNKNOWN ? undefined : author
  }

  /** An answer's question. */
  parent(postId: number): number | undefined {
    const parent = this.parents[postId] ?? NO_PARENT
    return parent === NO_PARENT ? undefined : parent
  }

  createdAt(postId: number): number {
    return this.createdAts[postId] ?? 0
  }

  private grow(postId: number): void {
    const length = Math.min(POST_ID_MAX + 1, Math.max(postId + 1, this.types.length * 2))
    this.types = new Uint8Array(this.types.buffer.transfer(length))
    this.authors = new Int32Array(this.authors.buffer.transfer(length * Int32Array.BYTES_PER_ELEMENT))
    this.parents = new Int32Array(this.parents.buffer.transfer(length * Int32Array.BYTES_PER_ELEMENT))
    this.createdAts = new Float64Array(
      this.createdAts.buffer.transfer(length * Float64Array.BYTES_PER_ELEMENT),
    )
  }
}
