import { HOUR_MS } from '../../schemas/ids.ts'
import type { PostTable } from '../posts/post-table.ts'
import { COMMENTERS_KEPT } from '../posts/post-table.ts'
import type { Seen } from '../posts/seen.ts'
import type { Trends } from '../posts/trends.ts'
import { KIND_COUNT, type People, SUBJECT_COUNT } from '../society/people.ts'
import { TIE } from '../society/ties.ts'
import type { Standpoint } from '../standpoint.ts'
import { type CompiledWeights, OUTCOMES, outcomeIndex } from '../value-weights.ts'
import { normalCdf } from './normal-distribution.ts'
import { OF_LOOKING, RESPONSES } from './responses.ts'

/** What a model needs to know of a world. */
export interface Scene {
  readonly people: People
  readonly posts: PostTable
  readonly trends: Trends
  readonly seen: Seen
}

const CLOSENESS = { [TIE.follow]: 0.5, [TIE.friend]: 0.8, [TIE.close]: 1.3, [TIE.family]: 1.7 } as const
const MEMBERSHIP = 0.3
const MENTIONED = 1.5
const FRIEND_COMMENTED = 0.35
const UNREADABLE = -2.5
const TREND = 0.8
/** Interest lost each time a post's age doubles, counted from `YOUNG_HOURS`. */
const AGEING = 0.4
const YOUNG_HOURS = 6
/** A post looked at before leaves cold, but for news in a thread that the viewer takes part in. */
const SEEN_BEFORE = -4
const THREAD_NEWS = -0.5

const STAY = { base: 0, content: 0.6, social: 0.5, harm: -0.8 } as const
const DWELL = { content: 0.22, social: 0.12 } as const
/** Median dwell of an average post by kind: text, photo, video, link. */
const DWELL_MEDIAN_MS = [4_500, 3_500, 11_000, 5_000]
const DWELL_SPREAD = 0.6
/** Mean of a log-normal over its median. */
const DWELL_MEAN_FACTOR = Math.exp(DWELL_SPREAD ** 2 / 2)

const [FOLLOW, CONNECT, SKIP] = [
  outcomeIndex.follow_author,
  outcomeIndex.connect_request,
  outcomeIndex.skip,
] as const

/**
 * How people react: known to the world alone. `regard` works out what one viewer feels about one post at a time;
 * the fields then hold until it is called again. Given that a viewer looks, they stay with `stay` or skip; what
 * else they do is drawn for each outcome by itself, most of it only if they stay.
 *
 * The position of a post changes whether it is looked at and nothing else (the examination hypothesis of Richardson
 * et al., "Predicting clicks", 2007); so the value of a ranking is a sum, and the best one is the sorted one.
 */
export class ReactionModel {
  /** Interest in what it is about, and in who says it; 0 is average. */
  content = 0
  social = 0
  stay = 0
  dwellMedianMs = 0
  /** Of each outcome: given that the viewer stays, or for OF_LOOKING that they look. */
  readonly conditional = new Float64Array(OUTCOMES.length)
  private readonly scene: Scene
  private readonly standpoint: Standpoint

  /** Regards posts from where the standpoint is opened. */
  constructor(scene: Scene, standpoint: Standpoint) {
    this.scene = scene
    this.standpoint = standpoint
  }

  regard(post: number, at: number): void {
    const { people, posts } = this.scene
    const { viewer } = this.standpoint
    const tie = this.standpoint.ties[posts.author[post]!]!
    const content = this.contentOf(post, at)
    const social = this.socialOf(post, tie)
    const harm = posts.harm[post]!
    const passive = people.isPassive[viewer]!
    const talkative = people.talkative[viewer]!
    this.content = content
    this.social = social
    this.stay = logistic(STAY.base + STAY.content * content + STAY.social * social + STAY.harm * harm)
    this.dwellMedianMs =
      DWELL_MEDIAN_MS[posts.kind[post]!]! *
      Math.exp(DWELL.content * content + DWELL.social * social + people.lingering[viewer]!)
    for (let outcome = 0; outcome < SKIP; outcome++) {
      const at = outcome * RESPONSES.width
      const weights = RESPONSES.weights
      this.conditional[outcome] = logistic(
        weights[at]! +
          weights[at + 1]! * content +
          weights[at + 2]! * social +
          weights[at + 3]! * harm +
          weights[at + 4]! * talkative +
          weights[at + 5]! * passive,
      )
    }
    if (tie !== TIE.stranger) this.conditional[FOLLOW] = 0
    if (tie > TIE.follow) this.conditional[CONNECT] = 0
    this.conditional[SKIP] = 0
  }

  /** Probability of an outcome given that the viewer looks at the post. */
  probability(outcome: number): number {
    if (outcome === SKIP) return 1 - this.stay
    return this.conditional[outcome]! * (OF_LOOKING[outcome] === 1 ? 1 : this.stay)
  }

  /** Given that the viewer looks at the post; a post that is skipped has none. */
  get expectedDwellMs(): number {
    return this.stay * this.dwellMedianMs * DWELL_MEAN_FACTOR
  }

  /** Probability that the viewer stays for at least so long, given that they look at the post. */
  longLook(atLeastMs: number): number {
    return this.stay * normalCdf(Math.log(this.dwellMedianMs / atLeastMs) / DWELL_SPREAD)
  }

  /** The expected value of the viewer's looking at the post. */
  value(weights: CompiledWeights): number {
    let sum = weights[OUTCOMES.length]! * this.expectedDwellMs
    for (let outcome = 0; outcome < OUTCOMES.length; outcome++) {
      sum += weights[outcome]! * this.probability(outcome)
    }
    return sum
  }

  /** Dwell of somebody who stays, for a draw that is normal. */
  dwellMs(normal: number): number {
    return Math.max(1, Math.round(this.dwellMedianMs * Math.exp(DWELL_SPREAD * normal)))
  }

  private contentOf(post: number, at: number): number {
    const { people, posts, trends, seen } = this.scene
    const { viewer } = this.standpoint
    const ageHours = Math.max(0, at - posts.at[post]!) / HOUR_MS
    let interest =
      people.tastes[viewer * SUBJECT_COUNT + posts.subject[post]!]! +
      people.kindTastes[viewer * KIND_COUNT + posts.kind[post]!]! +
      posts.quality[post]! -
      AGEING * Math.log2(1 + ageHours / YOUNG_HOURS)
    const trend = posts.trend[post]!
    if (trend !== -1) interest += TREND * trends.strength(trend, at)
    if (((people.reads[viewer]! >>> posts.language[post]!) & 1) === 0) interest += UNREADABLE
    if (seen.has(viewer, post)) {
      interest += seen.hasNews(viewer, post, posts.comments[post]!) ? THREAD_NEWS : SEEN_BEFORE
    }
    return interest
  }

  private socialOf(post: number, tie: number): number {
    const { people, posts } = this.scene
    const { viewer } = this.standpoint
    const author = posts.author[post]!
    let interest = people.liking(viewer, author) - this.standpoint.annoyance[author]!
    if (tie !== TIE.stranger && tie !== TIE.away) interest += CLOSENESS[tie as keyof typeof CLOSENESS]
    if (posts.container[post] !== -1) interest += MEMBERSHIP
    if (posts.mention[post] === viewer) interest += MENTIONED
    const first = post * COMMENTERS_KEPT
    for (let index = 0; index < COMMENTERS_KEPT; index++) {
      const commenter = posts.commenters[first + index]!
      if (commenter !== -1 && this.standpoint.isFriend(commenter)) interest += FRIEND_COMMENTED
    }
    return interest
  }
}

const logistic = (logOdds: number): number => 1 / (1 + Math.exp(-logOdds))
