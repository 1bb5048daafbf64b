import type { IndexedPost } from '../../processors/topics/post-entry.ts'
import { type Candidate, candidateOf, type Source } from '../candidate.ts'
import type { Finding } from '../pipeline/stage.ts'

/** Posts that are in order already. */
export class ListFinding<Item> implements Finding {
  readonly beyond: Finding['beyond']
  private readonly items: readonly Item[]
  private readonly make: (item: Item) => Candidate
  private next = 0

  constructor(items: readonly Item[], make: (item: Item) => Candidate, beyond?: Finding['beyond']) {
    this.items = items
    this.make = make
    this.beyond = beyond
  }

  get isExhausted(): boolean {
    return this.next >= this.items.length
  }

  take(max: number): readonly Candidate[] {
    const taken = this.items.slice(this.next, this.next + max)
    this.next += taken.length
    return taken.map((item) => this.make(item))
  }
}

export const listFinding = (
  source: Source,
  posts: readonly IndexedPost[],
  beyond?: Finding['beyond'],
): Finding => new ListFinding(posts, (post) => candidateOf(post, source), beyond)
