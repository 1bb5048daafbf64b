import type { FeatureReader } from '../../features/store/port.ts'
import type { FeedQuery } from '../query.ts'
import { RowWork } from '../rows/row-work.ts'
import type { Rankings } from '../experiments/rankings.ts'
import type { StateRows } from '../state-rows.ts'
import type { Viewer } from '../viewer.ts'
import { heavyPass } from './heavy-pass.ts'
import { lightPass } from './light-pass.ts'
import { Ranking, type RankingParts, type Scorers } from './ranking.ts'
import { rulesPass } from './rules-pass.ts'

/** Tables kept for the next requests; more are made, and dropped, when more requests are ranked at once. */
const WORKS_KEPT_MAX = 8

export interface RankerParts {
  readonly scorers: Scorers
  readonly features: FeatureReader
  readonly rows: StateRows
  readonly rankings: Rankings
}

/** Ranks candidates: begins a ranking for each request. */
export class Ranker {
  readonly scorers: Scorers
  private readonly rankings: Rankings
  private readonly parts: RankingParts

  constructor({ scorers, features, rows, rankings }: RankerParts) {
    const works: RowWork[] = []
    this.rankings = rankings
    this.scorers = scorers
    this.parts = {
      scorers,
      takeWork: () => works.pop() ?? new RowWork(features, rows),
      giveBack: (work) => {
        work.reset()
        if (works.length < WORKS_KEPT_MAX) works.push(work)
      },
    }
  }

  /** A request's ranking; the caller releases it. */
  begin(query: FeedQuery, viewer: Viewer): Ranking {
    const assigned = this.rankings.of(query.userId)
    return new Ranking({ query, viewer }, assigned, this.parts, (ranking) => [
      lightPass(ranking),
      heavyPass(ranking),
      rulesPass(ranking, assigned.slateOrder),
    ])
  }
}
