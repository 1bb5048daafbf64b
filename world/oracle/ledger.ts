import { DAY_MS, SECOND_MS } from '../../schemas/ids.ts'
import { OUTCOMES, type ValueWeights } from '../value-weights.ts'
import type { ReactionModel } from '../reactions/model.ts'
import type { Visitor, World } from '../world.ts'
import { BinnedAuc } from './auc.ts'
import { Oracle, RANKINGS, type Ranking } from './rankings.ts'
import type { FeedWitness } from './witness.ts'

export interface LedgerOptions {
  readonly weights: ValueWeights
  /** One feed in so many is measured against the best; the others are only counted. At least 1; infinite: the first. */
  readonly evaluateOneIn: number
  /** Posts a feed. */
  readonly limit: number
}

/** Looks that are told apart by how long they are at least. */
const LONG_LOOKS_S = [8, 15, 25, 30]

/** Rankings of the eligible posts, and the feeds as they were served. */
type Measured = Ranking | 'freshet'
type Worth = Record<Measured, number>
type Shares = Readonly<Record<Exclude<Measured, 'best'>, number | null>>

const FORBIDDEN_TOLD = 10
const MEASURED = [...RANKINGS, 'freshet'] as const
const nothing = (): Worth => Object.fromEntries(MEASURED.map((name) => [name, 0])) as Worth

/** How feeds did in a world. Shares are of what the best possible rankings were worth; null where none was measured. */
export interface WorldReport {
  readonly feeds: number
  /** Posts shown, and those of them that were looked at. */
  readonly impressions: number
  readonly looked_at: number
  readonly feeds_evaluated: number
  /** Posts served to somebody who may not see them: must be 0. */
  readonly forbidden: number
  /** The first of these: who was served what, and why not. */
  readonly forbidden_posts: readonly string[]
  /** Posts served to somebody who had looked at them before. */
  readonly repeated: number
  readonly ev_share: Shares
  readonly ev_share_passive: Shares
  /** Of the feeds as they were served, by day from the first. */
  readonly ev_share_by_day: readonly (number | null)[]
  /** By outcome, of the posts that were looked at. */
  readonly rates: Readonly<Record<string, number>>
  readonly click_rate: number
  /** Of posts that were not skipped. */
  readonly dwell_ms_mean: number
  /** Area under the curve of the true probabilities: what no model can beat but by luck. */
  readonly oracle_auc: Readonly<Record<string, number | null>>
}

/** Keeps the books of a run: what was served, what came of it, and what it was worth beside other rankings. */
export class Ledger implements FeedWitness {
  private readonly world: World
  private readonly options: LedgerOptions
  private readonly oracle: Oracle
  private readonly counts = { feeds: 0, impressions: 0, lookedAt: 0, evaluated: 0, forbidden: 0, repeated: 0 }
  private readonly outcomes = new Float64Array(OUTCOMES.length)
  private readonly aucs = OUTCOMES.map(() => new BinnedAuc())
  private readonly longLookAucs = LONG_LOOKS_S.map(() => new BinnedAuc())
  private readonly forbiddenPosts: string[] = []
  private dwellMs = 0
  private readonly all = nothing()
  private readonly passive = nothing()
  private readonly days: Worth[] = []
  private readonly firstDay: number

  constructor(world: World, options: LedgerOptions) {
    this.world = world
    this.options = options
    this.oracle = new Oracle(world, options.weights)
    this.firstDay = Math.floor(world.now / DAY_MS)
  }

  served({ viewer }: Visitor, posts: readonly number[]): void {
    const { counts, options, world } = this
    for (const post of posts) {
      if (post !== -1 && world.hasSeen(post)) counts.repeated++
    }
    counts.impressions += posts.length
    if (counts.feeds++ % options.evaluateOneIn !== 0) return
    counts.evaluated++
    this.evaluate(viewer, posts)
  }

  forbidden({ userId }: Visitor, postId: string): void {
    const { world } = this
    if (this.counts.forbidden++ < FORBIDDEN_TOLD)
      this.forbiddenPosts.push(`${postId} to ${userId} as of ${world.now}: ${world.whyHidden(postId)}`)
  }

  looked(model: ReactionModel, happened: Uint8Array, dwellMs: number): void {
    this.counts.lookedAt++
    this.dwellMs += dwellMs
    for (let outcome = 0; outcome < OUTCOMES.length; outcome++) {
      const isTrue = happened[outcome] === 1
      if (isTrue) this.outcomes[outcome]!++
      const probability = model.probability(outcome)
      if (probability > 0) this.aucs[outcome]!.add(probability, isTrue)
    }
    for (const [index, seconds] of LONG_LOOKS_S.entries()) {
      const atLeastMs = seconds * SECOND_MS
      this.longLookAucs[index]!.add(model.longLook(atLeastMs), dwellMs >= atLeastMs)
    }
  }

  report(): WorldReport {
    const { counts, outcomes } = this
    const lookedAt = Math.max(1, counts.lookedAt)
    const rates = OUTCOMES.map((name, outcome) => [name, rounded(outcomes[outcome]! / lookedAt)] as const)
    const stayed = Math.max(1, counts.lookedAt - outcomes[OUTCOMES.indexOf('skip')]!)
    return {
      feeds: counts.feeds,
      impressions: counts.impressions,
      looked_at: counts.lookedAt,
      feeds_evaluated: counts.evaluated,
      forbidden: counts.forbidden,
      forbidden_posts: [...this.forbiddenPosts],
      repeated: counts.repeated,
      ev_share: sharesOf(this.all),
      ev_share_passive: sharesOf(this.passive),
      ev_share_by_day: Array.from(this.days, (worth) =>
        worth === undefined ? null : shareOf(worth, 'freshet'),
      ),
      rates: Object.fromEntries(rates),
      click_rate: rounded(outcomes[OUTCOMES.indexOf('click')]! / lookedAt),
      dwell_ms_mean: Math.round(this.dwellMs / stayed),
      oracle_auc: Object.fromEntries([
        ...OUTCOMES.map((name, outcome) => [name, roundedOrNull(this.aucs[outcome]!.value())]),
        ...LONG_LOOKS_S.map((s, index) => [`dwell_${s}s`, roundedOrNull(this.longLookAucs[index]!.value())]),
      ]),
    }
  }

  private evaluate(viewer: number, posts: readonly number[]): void {
    const { oracle, world } = this
    oracle.rank(world.now, this.options.limit)
    const served = oracle.worthOf(posts, world.now)
    const day = Math.floor(world.now / DAY_MS) - this.firstDay
    this.days[day] ??= nothing()
    const isPassive = world.people.isPassive[viewer] === 1
    for (const books of isPassive ? [this.all, this.passive, this.days[day]] : [this.all, this.days[day]]) {
      for (const name of RANKINGS) books[name] += oracle.worth[name]
      books.freshet += served
    }
  }
}

const shareOf = (worth: Worth, name: Measured): number | null =>
  worth.best > 0 ? rounded(worth[name] / worth.best) : null

const sharesOf = (worth: Worth): Shares => ({
  freshet: shareOf(worth, 'freshet'),
  random: shareOf(worth, 'random'),
  recent: shareOf(worth, 'recent'),
  popular: shareOf(worth, 'popular'),
  decayed: shareOf(worth, 'decayed'),
  connected: shareOf(worth, 'connected'),
})

const DIGITS = 10_000
const rounded = (value: number): number => Math.round(value * DIGITS) / DIGITS
const roundedOrNull = (value: number | null): number | null => (value === null ? null : rounded(value))
