import { CONTENT_BYTES, writeContentsOf } from '../../models/embeddings/contents.ts'
import { ENTITY_WORDS, writeEntityIds } from '../../models/embeddings/entities.ts'
import type { ChosenPost } from '../../models/evaluation/chosen-posts.ts'
import type { ExploredPlace } from '../../models/evaluation/explored-places.ts'
import { HEADS } from '../../models/heads.ts'
import { rankingRow } from '../../models/ranking-row.ts'
import type { ScoringSession } from '../../models/scoring/session.ts'
import type { ValueModel } from '../../models/value-model.ts'
import type { Example } from '../../schemas/examples/index.ts'
import { packedColumns, unpackInto } from '../../schemas/impressions/packed-features.ts'

const { width } = rankingRow
/** How active the viewer is: weights shift by it. */
const ENGAGEMENTS = rankingRow.indexOf('user.engagements.decayed_30d')

/** Why a place that was left to chance does not count. */
export type LeftOut = 'other_columns' | 'other_heads'

/** What a ranking makes of a place; what came of it is another matter. */
export type Choice = Omit<ChosenPost, 'outcomes'>

/**
 * A ranking that is asked what it would have put where: the best by its expected value, rules aside. By a model where
 * there is one, else by what the models that served foresaw.
 */
export class Policy {
  private readonly valueModel: ValueModel
  private readonly session: ScoringSession | null

  constructor(valueModel: ValueModel, session: ScoringSession | null) {
    this.valueModel = valueModel
    this.session = session
  }

  async choose({ posts }: ExploredPlace): Promise<Choice | LeftOut> {
    if (posts.some(({ heads }) => heads.length !== HEADS.length)) return 'other_heads'
    if (!posts.every(isReadable)) return 'other_columns'
    const rows = new Float32Array(posts.length * width)
    for (const [row, { features }] of posts.entries()) unpackInto(features, rows, row * width)
    const weights = this.valueModel.weightsFor(rows[ENGAGEMENTS]!)
    const values = new Float32Array(posts.length)
    this.valueModel.evaluate(await this.outputs(posts, rows), posts.length, values, weights)
    const chosen = bestOf(posts, values)
    const [held] = posts
    return {
      propensity: held!.propensity,
      isSame: chosen === held,
      foreseen: held!.heads,
      foreseenOfChosen: chosen.heads,
      weights,
    }
  }

  private async outputs(posts: readonly Example[], rows: Float32Array): Promise<Float32Array> {
    if (this.session === null) return Float32Array.from(posts.flatMap(({ heads }) => heads))
    const outputs = new Float32Array(posts.length * HEADS.length)
    const entities = new Uint32Array(posts.length * ENTITY_WORDS)
    const contents = new Int8Array(posts.length * CONTENT_BYTES)
    for (const [row, post] of posts.entries()) {
      writeEntityIds(post, entities, row * ENTITY_WORDS)
      writeContentsOf(post, contents, row * CONTENT_BYTES)
    }
    await this.session.score(rows, posts.length, outputs, { entities, contents })
    return outputs
  }
}

const isReadable = ({ features, featuresEncoding, columnsHash }: Example): boolean =>
  featuresEncoding === 'packed' && columnsHash === rankingRow.hash && packedColumns(features) === width

/** Of equals the first by id: whichever was shown may not decide. */
const bestOf = (posts: readonly Example[], values: Float32Array): Example => {
  const [best] = Array.from(posts.keys()).sort(
    (one, other) => values[other]! - values[one]! || (posts[one]!.postId < posts[other]!.postId ? -1 : 1),
  )
  return posts[best!]!
}
