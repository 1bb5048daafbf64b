import { CONTENT_BYTES, TASTE_OFFSET, writeDirection } from '../../models/embeddings/contents.ts'
import { ENTITY_WORDS, writeEntityIds } from '../../models/embeddings/entities.ts'
import type { Matrix } from '../../models/scoring/types.ts'
import { unpackInto } from '../../schemas/impressions/packed-features.ts'
import type { ServedPage } from '../effects/impression.ts'
import { bucketOf } from '../experiments/bucket.ts'
import { tasteVectorOf } from '../retrieval/viewer-side.ts'
import type { Scorers } from '../scorers/ranking.ts'
import { ShadowFigures, type ShadowReport } from './figures.ts'

/** Pages that wait to be scored; more are left out, and counted. */
export const SHADOW_WAITING_MAX = 32
/** Makes which requests are scored independent of whatever else hangs on a request's id. */
const SALT = 'shadow'

/** Never aborted: nobody waits for it. */
const { signal: PATIENT } = new AbortController()

export interface ShadowCounts {
  /** Left out: too many waited already. */
  readonly dropped: number
  readonly failed: number
}

/**
 * Lets another snapshot score a share of the pages that were answered, from the features as they were logged, on
 * threads of its own: nobody's feed waits for it, and nothing that it says is shown. Which requests those are hangs
 * on their ids alone.
 */
export class ShadowScoring {
  private share = 0
  private readonly failed: (error: unknown) => void
  private scorers: Scorers | null = null
  private figures = new ShadowFigures()
  private waiting = 0
  private last: Promise<void> = Promise.resolve()
  private dropped = 0
  private failures = 0

  /** `failed` is told what went wrong with a page. */
  constructor(failed: (error: unknown) => void = () => {}) {
    this.failed = failed
  }

  /**
   * Scores a share of the requests by another snapshot from now on, whose figures begin anew; null: by none. Throws a
   * RangeError for a share that is none.
   */
  use(scorers: Scorers | null, share = 1): void {
    if (!(share >= 0 && share <= 1)) throw new RangeError(`share is ${share}: use a number from 0 to 1`)
    this.share = share
    this.scorers = scorers
    this.figures = new ShadowFigures()
  }

  get counts(): ShadowCounts {
    return { dropped: this.dropped, failed: this.failures }
  }

  report(): ShadowReport {
    return this.figures.report()
  }

  /** Takes a page that was answered. Never waits, never throws. */
  take(page: ServedPage): void {
    if (this.scorers === null || bucketOf(SALT, page.requestId) >= this.share) return
    if (this.waiting >= SHADOW_WAITING_MAX) {
      this.dropped++
      return
    }
    const { scorers, figures } = this
    this.waiting++
    this.last = this.last
      .then(() => score(page, scorers, figures))
      .catch((error: unknown) => {
        this.failures++
        this.failed(error)
      })
      .finally(() => this.waiting--)
  }

  /** Resolves when all that was taken is scored. */
  async settled(): Promise<void> {
    await this.last
  }
}

const score = async (page: ServedPage, scorers: Scorers, figures: ShadowFigures): Promise<void> => {
  const lease = await scorers.lease(PATIENT)
  try {
    const { heavy } = lease
    const live = new Float32Array(page.shown.length * heavy.heads)
    const rows = fill(page, heavy, live)
    await lease.score('heavy', rows)
    const shadow = heavy.outputs.slice(0, rows * heavy.heads)
    const { session } = page
    const [liveValues, shadowValues] = [new Float32Array(rows), new Float32Array(rows)]
    session.evaluate(live, rows, liveValues)
    session.evaluate(shadow, rows, shadowValues)
    figures.add({ rows, live, shadow, liveValues, shadowValues })
  } finally {
    lease.release()
  }
}

/** Fills the rows of the posts that pass 1 scored, and what it said of them; answers how many those are. */
const fill = ({ session, query, shown }: ServedPage, matrix: Matrix, live: Float32Array): number => {
  const taste = tasteVectorOf(session)
  let row = 0
  for (const { candidate } of shown) {
    const features = session.featuresOf(candidate.index)
    if (features.length === 0 || row === matrix.rowsMax) continue
    unpackInto(features, matrix.rows, row * matrix.width)
    const { containerId, hashtags, post } = candidate
    const ids = { userId: query.userId, authorId: post.authorId, containerId, hashtags }
    writeEntityIds(ids, matrix.entities, row * ENTITY_WORDS)
    const at = row * CONTENT_BYTES
    writeDirection(session.contentVectorOf(candidate.index), 0, matrix.contents, at)
    writeDirection(taste, 0, matrix.contents, at + TASTE_OFFSET)
    live.set(session.headsOf(candidate.index), row * matrix.heads)
    row++
  }
  return row
}
