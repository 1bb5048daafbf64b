import { millis, type UserId } from '../../schemas/ids.ts'
import { PASS_0_KEPT_MAX } from '../../serving/quotas.ts'
import type { FreshetApi } from '../../world/driver/port.ts'
import { keptShares, mean } from '../light/kept.ts'
import type { WholeRanker } from '../light/whole-ranking.ts'
import { rounded } from '../rounded.ts'

/** Ranking all candidates of a request takes the heavy ranker several times as long as its feed. */
const JUDGED_ONE_IN = 10

/** How well the light ranker foresees the heavy one, both as they served at the moment of each request. */
export interface LightFigures {
  /** Requests with more candidates than pass 0 keeps, which are judged; where there are fewer, nothing is dropped. */
  readonly light_judged: number
  /** Of them, mean. */
  readonly light_candidates: number | null
  /** Share of the live heavy ranker's first 25 that are among the 500 that the live light one keeps; null of no request. */
  readonly light_kept_top25: number | null
}

/**
 * Freshet's API, beside which all candidates of one feed in ten are, at the same moment, ranked by both rankers that
 * serve. So what pass 0 would drop is known, too: samples of rankings hold of that only what was let through to be
 * explored, a few candidates that stand for many others.
 */
export class JudgedLight implements FreshetApi {
  private readonly api: FreshetApi
  private readonly whole: WholeRanker
  private isBegun = false
  private feeds = 0
  private candidates = 0
  private readonly shares: number[] = []

  constructor(api: FreshetApi, whole: WholeRanker) {
    this.api = api
    this.whole = whole
  }

  /** Feeds are judged from now on. */
  begin(): void {
    this.isBegun = true
  }

  publish(lines: readonly string[]): ReturnType<FreshetApi['publish']> {
    return this.api.publish(lines)
  }

  settled(): Promise<void> {
    return this.api.settled()
  }

  async feed(userId: string, asOf: number, limit: number): ReturnType<FreshetApi['feed']> {
    if (this.isBegun && this.feeds++ % JUDGED_ONE_IN === 0) await this.judge(userId, asOf, limit)
    return this.api.feed(userId, asOf, limit)
  }

  figures(): LightFigures {
    const { length } = this.shares
    return {
      light_judged: length,
      light_candidates: length === 0 ? null : Math.round(this.candidates / length),
      light_kept_top25: length === 0 ? null : rounded(mean(this.shares), 4),
    }
  }

  private async judge(userId: string, asOf: number, limit: number): Promise<void> {
    const asked = { userId: userId as UserId, asOf: millis(asOf), limit }
    const ranking = await this.whole.rank({ ...asked, device: null, surface: null, preview: true })
    if (ranking.count <= PASS_0_KEPT_MAX) return
    this.candidates += ranking.count
    this.shares.push(...keptShares([ranking], PASS_0_KEPT_MAX))
  }
}
