import type { IndexedPost } from '../../processors/topics/post-entry.ts'
import { type Candidate, candidateOf, type Source } from '../candidate.ts'
import type { Finding } from '../pipeline/stage.ts'

/** What a finding tells beside its posts. */
type Beside = Pick<Finding, 'beyond' | 'modelVersion'>

/** Posts that are in order already. */
export class ListFinding<Item> implements Finding {
  readonly beyond: Finding['beyond']
  readonly modelVersion: Finding['modelVersion']
  private readonly items: readonly Item[]
  private readonly make: (item: Item) => Candidate
  private next = 0

  constructor(items: readonly Item[], make: (item: Item) => Candidate, more: Beside = {}) {
    this.items = items
    this.make = make
    this.beyond = more.beyond
    this.modelVersion = more.modelVersion
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

export const listFinding = (source: Source, posts: readonly IndexedPost[], more: Beside = {}): Finding =>
  new ListFinding(posts, (post) => candidateOf(post, source), more)
