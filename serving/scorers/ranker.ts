import type { FeatureReader } from '../../features/store/port.ts'
import type { FeedQuery } from '../query.ts'
import { RowWork } from '../rows/row-work.ts'
import type { Configuration } from '../rules/config.ts'
import type { StateRows } from '../state-rows.ts'
import type { Viewer } from '../viewer.ts'
import { heavyPass } from './heavy-pass.ts'
import { lightPass } from './light-pass.ts'
import { Ranking, type RankingParts, type Scorers } from './ranking.ts'
import { rulesPass } from './rules-pass.ts'
import { SlateOrder } from './slate-order.ts'

/** Tables kept for the next requests; more are made, and dropped, when more requests are ranked at once. */
const WORKS_KEPT_MAX = 8

export interface RankerParts {
  readonly scorers: Scorers
  readonly features: FeatureReader
  readonly rows: StateRows
  readonly configuration: Configuration
}

/** Ranks candidates: begins a ranking for each request. */
export class Ranker {
  readonly configuration: Configuration
  readonly scorers: Scorers
  private readonly parts: RankingParts
  private readonly slateOrder: SlateOrder

  constructor({ scorers, features, rows, configuration }: RankerParts) {
    const works: RowWork[] = []
    this.configuration = configuration
    this.scorers = scorers
    this.slateOrder = new SlateOrder(configuration.rules)
    this.parts = {
      scorers,
      configuration,
      takeWork: () => works.pop() ?? new RowWork(features, rows),
      giveBack: (work) => {
        work.reset()
        if (works.length < WORKS_KEPT_MAX) works.push(work)
      },
    }
  }

  /** A request's ranking; the caller releases it. */
  begin(query: FeedQuery, viewer: Viewer): Ranking {
    return new Ranking({ query, viewer }, this.parts, (ranking) => [
      lightPass(ranking),
      heavyPass(ranking),
      rulesPass(ranking, this.slateOrder),
    ])
  }
}
