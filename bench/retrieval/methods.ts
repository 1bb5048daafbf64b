import { readViewer, TOWER_INPUTS, type ViewerSide } from '../../models/retrieval/tower-inputs.ts'
import { priorTowers, towerVector } from '../../models/retrieval/towers.ts'
import { ITEM_DIMENSIONS } from '../../models/retrieval/vector-index.ts'
import type { Millis } from '../../schemas/ids.ts'
import { FRESHNESS, retrievalScore } from '../../serving/retrieval/retrieval-score.ts'
import type { StateRows } from '../../serving/state-rows.ts'
import type { PublicPosts } from './public-posts.ts'

/** The first two as serving scores; cosines alone; and what takes no notice of who looks. */
const NAMES = ['learned', 'prior', 'learned_cosines', 'popularity', 'newest'] as const
export type MethodName = (typeof NAMES)[number]

/** Ways to choose among public posts, scored as of one time. */
export class Methods {
  readonly names = NAMES
  private readonly posts: PublicPosts
  private towers = priorTowers()
  private at = 0
  private vectors: Readonly<Record<'learned' | 'prior', Float32Array>> = {
    learned: new Float32Array(0),
    prior: new Float32Array(0),
  }
  private popular: Float64Array = new Float64Array(0)
  private readonly row = new Float32Array(TOWER_INPUTS)
  private readonly vector = new Float32Array(ITEM_DIMENSIONS)

  constructor(posts: PublicPosts) {
    this.posts = posts
  }

  learned(towers: Float32Array): void {
    this.towers = towers
  }

  /** Scores are as of this time from now on, over all posts that are known by now. */
  async asOf(rows: StateRows, at: Millis): Promise<void> {
    this.at = at
    this.vectors = { learned: this.posts.vectors(this.towers), prior: this.posts.vectors(PRIOR) }
    this.popular = await this.posts.popularities(rows, at)
  }

  /** By place. */
  scores(name: MethodName, side: ViewerSide): Float64Array {
    if (name === 'popularity') return this.popular
    if (name === 'newest') return Float64Array.from(this.popular, (_, place) => place)
    const isPrior = name === 'prior'
    const freshness = name === 'learned_cosines' ? 0 : FRESHNESS
    return this.scored(
      isPrior ? PRIOR : this.towers,
      isPrior ? this.vectors.prior : this.vectors.learned,
      side,
      freshness,
    )
  }

  private scored(
    towers: Float32Array,
    vectors: Float32Array,
    side: ViewerSide,
    freshness: number,
  ): Float64Array {
    readViewer(side, this.row, 0)
    towerVector(towers, 'viewer', this.row, this.vector)
    return Float64Array.from(this.popular, (_, place) => {
      let product = 0
      for (let index = 0; index < ITEM_DIMENSIONS; index++) {
        product += this.vector[index]! * vectors[place * ITEM_DIMENSIONS + index]!
      }
      return retrievalScore(product, this.at - this.posts.all[place]!.post.at, freshness)
    })
  }
}

const PRIOR = priorTowers()
