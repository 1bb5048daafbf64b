import { HEAD_NAMES, type HeadName } from '../../models/heads.ts'

/** A page as the live model and the shadow scored it: rows × heads each, and what they make of it. */
export interface ScoredPage {
  readonly rows: number
  readonly live: Float32Array
  readonly shadow: Float32Array
  /** Expected values, by row. */
  readonly liveValues: Float32Array
  readonly shadowValues: Float32Array
}

export interface ShadowReport {
  readonly pages: number
  readonly posts: number
  /** What the shadow foresees on average, by what the live model does: 1.2 is a fifth more. Null without posts. */
  readonly ratios: Readonly<Record<HeadName, number>> | null
  /**
   * Of pairs of posts on one page with different expected values, the share that both models order alike: 1 for the
   * same order, 0.5 for none in common (Kendall's τ is 2 c − 1). Null without pairs.
   */
  readonly concordance: number | null
}

/** How a shadow differs from what is live, over the pages that both scored. */
export class ShadowFigures {
  private pages = 0
  private posts = 0
  private pairs = 0
  private alike = 0
  private readonly live = new Float64Array(HEAD_NAMES.length)
  private readonly shadow = new Float64Array(HEAD_NAMES.length)

  add({ rows, live, shadow, liveValues, shadowValues }: ScoredPage): void {
    const heads = HEAD_NAMES.length
    this.pages++
    this.posts += rows
    for (let at = 0; at < rows * heads; at++) {
      this.live[at % heads]! += live[at]!
      this.shadow[at % heads]! += shadow[at]!
    }
    for (let one = 0; one < rows; one++)
      for (let other = 0; other < one; other++)
        this.addPair(liveValues[one]! - liveValues[other]!, shadowValues[one]! - shadowValues[other]!)
  }

  report(): ShadowReport {
    const { pages, posts, pairs, alike, live, shadow } = this
    const ratios = HEAD_NAMES.map((head, at) => [head, shadow[at]! / live[at]!])
    return {
      pages,
      posts,
      ratios: posts === 0 ? null : (Object.fromEntries(ratios) as Record<HeadName, number>),
      concordance: pairs === 0 ? null : alike / pairs,
    }
  }

  private addPair(live: number, shadow: number): void {
    if (live === 0 || shadow === 0) return
    this.pairs++
    if (live > 0 === shadow > 0) this.alike++
  }
}
