import { SEEN_BYTES_MAX } from '../parameters.ts'

const BITS = 32
const WORDS_START = 32

/** Which posts each user has looked at: a bit a user and post. */
export class Seen {
  private readonly rows: Uint32Array[]
  /** Posts that a user has commented on, with the comments there were when they last looked. */
  private readonly threads: readonly Map<number, number>[]

  constructor(users: number) {
    this.rows = Array.from({ length: users }, () => new Uint32Array(0))
    this.threads = Array.from({ length: users }, () => new Map<number, number>())
  }

  has(user: number, post: number): boolean {
    const word = this.rows[user]![post >>> 5]
    return word !== undefined && ((word >>> (post & (BITS - 1))) & 1) === 1
  }

  /** Throws a `RangeError` when what all have seen would not fit in `SEEN_BYTES_MAX`. */
  look(user: number, post: number, comments: number): void {
    const word = post >>> 5
    const row = this.rows[user]!.length > word ? this.rows[user]! : this.widened(user, word)
    row[word]! |= 1 << (post & (BITS - 1))
    if (this.threads[user]!.has(post)) this.threads[user]!.set(post, comments)
  }

  takePart(user: number, post: number, comments: number): void {
    this.threads[user]!.set(post, comments)
  }

  /** Whether a user who took part in a thread has not seen its last comments. */
  hasNews(user: number, post: number, comments: number): boolean {
    const known = this.threads[user]!.get(post)
    return known !== undefined && comments > known
  }

  private widened(user: number, word: number): Uint32Array {
    const words = Math.max(WORDS_START, 2 ** Math.ceil(Math.log2(word + 1)))
    if (words * Uint32Array.BYTES_PER_ELEMENT * this.rows.length > SEEN_BYTES_MAX) {
      throw new RangeError(
        `what ${this.rows.length} users have seen of ${word * BITS} posts needs more than ${SEEN_BYTES_MAX} bytes; choose fewer users or days`,
      )
    }
    const row = new Uint32Array(words)
    row.set(this.rows[user]!)
    this.rows[user] = row
    return row
  }
}
