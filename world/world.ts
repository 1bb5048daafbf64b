import { DAY_MS } from '../schemas/ids.ts'
import { Chance } from './chance.ts'
import { Journal, postOf } from './events/journal.ts'
import { Requests } from './events/requests.ts'
import { checkParameters, POSTS_PER_FEED_MAX, type WorldParameters } from './parameters.ts'
import { Authors } from './posts/authors.ts'
import { PostTable } from './posts/post-table.ts'
import { Seen } from './posts/seen.ts'
import { Trends } from './posts/trends.ts'
import { Consequences } from './reactions/consequences.ts'
import { ReactionModel } from './reactions/model.ts'
import { Visits, type Witness } from './reactions/visits.ts'
import { Acquaintance, begin } from './society/beginnings.ts'
import { containersFor } from './society/containers.ts'
import { People } from './society/people.ts'
import { TieChanges } from './society/tie-changes.ts'
import { Ties } from './society/ties.ts'
import { Standpoint } from './standpoint.ts'
import { Agenda, type Due } from './time/agenda.ts'
import { Habits, type Pace } from './time/habits.ts'
import { HAPPENING } from './time/happenings.ts'
import { eligiblePosts, type Hidden, maySee, whyHidden } from './visibility.ts'

/** Changes of ties a user and day. */
const TIE_CHANGES_PER_DAY = 0.05
const SURVEY_SHARE = 0.01
const SURVEY_AFTER_MS = 60_000

/** Somebody who opens the app. */
export interface Visitor {
  readonly viewer: number
  readonly userId: string
  /** Which of the viewer's visits it is, from 0. */
  readonly visit: number
}

/**
 * A synthetic society, for whom Freshet ranks feeds: a function of its parameters and of the feeds it is shown.
 * `opening` says how it came to be; then, again and again, `advance` lets time pass and answers the events of that
 * time, `visitors` says who opens the app at the end of it, and `look` lets one of them go through a feed, whose
 * reactions come with later `advance`s. Not to be called from inside one another.
 */
export class World {
  readonly parameters: WorldParameters
  readonly people: People
  readonly ties: Ties
  readonly posts = new PostTable()
  readonly trends = new Trends()
  readonly standpoint: Standpoint
  readonly model: ReactionModel
  /** Everything before this has happened: milliseconds since 1970. */
  now: number
  private readonly seen: Seen
  private readonly chance: Chance
  private readonly agenda = new Agenda()
  private readonly requests = new Requests()
  private readonly journal: Journal
  private readonly habits: Habits
  private readonly authors: Authors
  private readonly tieChanges: TieChanges
  private readonly consequences: Consequences
  private readonly visits: Visits
  private readonly visitsOf: Int32Array
  private waiting: number[] = []
  private readonly isWaiting: Uint8Array
  private readonly due: Due = { at: 0, type: 0, who: 0, what: 0, value: 0, slot: 0 }

  /** Throws a `RangeError` that names a parameter. */
  constructor(parameters: WorldParameters) {
    checkParameters(parameters)
    const { users, seed, startAt, eventPrefix } = parameters
    const { posts, trends, agenda, requests } = this
    const chance = new Chance(seed)
    this.parameters = parameters
    this.chance = chance
    this.now = startAt
    const people = new People(parameters, chance)
    const ties = new Ties(users, containersFor(users))
    const seen = new Seen(users)
    const standpoint = new Standpoint(people, ties)
    const journal = new Journal(people, posts, ties.containers, eventPrefix)
    begin({ people, ties, journal, chance, startAt })
    this.people = people
    this.ties = ties
    this.seen = seen
    this.standpoint = standpoint
    this.journal = journal
    this.habits = new Habits(people, agenda, chance)
    this.authors = new Authors({ people, ties, trends, chance }, posts, journal, agenda)
    this.tieChanges = new TieChanges(people, ties, journal, new Acquaintance(people))
    const { tieChanges } = this
    this.consequences = new Consequences({
      posts,
      seen,
      standpoint,
      tieChanges,
      journal,
      requests,
      agenda,
      chance,
    })
    this.model = new ReactionModel({ people, posts, trends, seen }, standpoint)
    this.visits = new Visits(
      { people, posts, trends, seen, agenda, requests, chance },
      standpoint,
      this.model,
    )
    this.visitsOf = new Int32Array(users)
    this.isWaiting = new Uint8Array(users)
    this.agenda.add(startAt, HAPPENING.dawn, Math.floor(startAt / DAY_MS))
    this.habits.begin(startAt, { posts: 1, feeds: 1 })
  }

  /** Profiles and ties from before people began to post, as lines of NDJSON. To be asked for first. */
  opening(): string[] {
    return this.journal.take()
  }

  /** From now on people write and read more often, or less. */
  setPace(pace: Pace): void {
    this.habits.begin(this.now, pace)
  }

  /** Lets everything before `until` happen; answers it as lines of NDJSON, in the order of time. */
  advance(until: number): string[] {
    while (this.agenda.nextAt < until && this.agenda.take(this.due)) this.happen(this.due)
    this.now = Math.max(this.now, until)
    return this.journal.take()
  }

  /** Who opens the app now: those who came since the last time, each once. */
  visitors(): readonly Visitor[] {
    const visitors = this.waiting.map((viewer) => ({
      viewer,
      userId: this.people.ids[viewer]!,
      visit: this.visitsOf[viewer]!++,
    }))
    for (const viewer of this.waiting) this.isWaiting[viewer] = 0
    this.waiting = []
    return visitors
  }

  /** Lets a visitor go through posts, top to bottom; answers how many they looked at. None they may not see. */
  look(visitor: Visitor, posts: readonly number[], requestId: string | null, witness?: Witness): number {
    const { viewer, visit } = visitor
    const slot = this.requests.open(requestId)
    const count = this.as(viewer, () => this.visits.go(visit, posts, this.now, slot, witness))
    this.chance.of('visit', viewer, visit, POSTS_PER_FEED_MAX)
    if (count > 0 && this.chance.happens(SURVEY_SHARE)) this.planSurvey(viewer, slot)
    this.requests.closeIfIdle(slot)
    return count
  }

  /** Does something from a viewer's standpoint, which the model and `eligible` need. Nothing may change meanwhile. */
  as<Result>(viewer: number, act: () => Result): Result {
    this.standpoint.open(viewer)
    try {
      return act()
    } finally {
      this.standpoint.close()
    }
  }

  /** Posts that a perfect ranking for the opened viewer would choose from: see `eligiblePosts`. */
  eligible(at: number, into: Int32Array): number {
    return eligiblePosts(this.standpoint, this.ties, this.posts, this.seen, at, into)
  }

  /** Whether the opened viewer may see a post now; never one's own. */
  maySee(post: number): boolean {
    return maySee(this.standpoint, this.ties, this.posts, post, this.now)
  }

  /** The number of a post that the opened viewer may see now; −1 for any other, or an unknown id. */
  visiblePost(postId: string): number {
    return this.whyHidden(postId) === null ? postOf(postId) : -1
  }

  /** Why the opened viewer may not see a post now; null where they may. */
  whyHidden(postId: string): Hidden | 'unknown' | null {
    const post = postOf(postId)
    if (post < 0 || post >= this.posts.count) return 'unknown'
    return whyHidden(this.standpoint, this.ties, this.posts, post, this.now)
  }

  /** Whether the opened viewer wrote a post: comments bring it back to them, which is no matter of taste. */
  isOwn(postId: string): boolean {
    const post = postOf(postId)
    return post >= 0 && post < this.posts.count && this.posts.author[post] === this.standpoint.viewer
  }

  /** Whether the opened viewer has looked at a post. */
  hasSeen(post: number): boolean {
    return this.seen.has(this.standpoint.viewer, post)
  }

  /** Chance that the opened viewer goes on from one position to the next. */
  endurance(): number {
    return this.people.endurance[this.standpoint.viewer]!
  }

  private planSurvey(viewer: number, slot: number): void {
    this.requests.retain(slot)
    const satisfaction = 1.2 + 4.5 * this.visits.pleasure + 0.6 * this.chance.normal()
    const answer = Math.min(5, Math.max(1, Math.round(satisfaction)))
    const at = Math.round(this.now + SURVEY_AFTER_MS + this.chance.exponential(SURVEY_AFTER_MS))
    this.agenda.add(at, HAPPENING.survey, viewer, -1, answer, slot)
  }

  private happen(due: Due): void {
    const { type, who, what, at } = due
    switch (type) {
      case HAPPENING.write:
        if (!this.habits.isPlanned(due.value)) return
        this.authors.publish(who, at)
        return this.habits.planPost(who, at)
      case HAPPENING.session:
        if (!this.habits.isPlanned(due.value)) return
        this.come(who)
        return this.habits.planSession(who, at)
      case HAPPENING.comeBack:
        return this.come(who)
      case HAPPENING.edit:
        return this.authors.edit(what, at)
      case HAPPENING.delete:
        return this.authors.delete(what, at)
      case HAPPENING.verdict:
        return this.authors.judge(what, due.value, at)
      case HAPPENING.tie:
        return this.tieChanges.any(who, at, this.chance.of('ties', who, what))
      case HAPPENING.befriend:
        return this.tieChanges.befriend(who, what, at)
      case HAPPENING.dawn:
        return this.dawn(who, at)
      case HAPPENING.survey:
        this.journal.survey(who, due.value, at, this.requests.idOf(due.slot))
        return this.requests.release(due.slot)
      default:
        return this.consequences.react(due)
    }
  }

  private come(viewer: number): void {
    if (this.isWaiting[viewer] === 1) return
    this.isWaiting[viewer] = 1
    this.waiting.push(viewer)
  }

  /** The day's trends, tastes and changes of ties. */
  private dawn(day: number, at: number): void {
    const { people, chance, parameters } = this
    this.trends.dawn(day, chance)
    people.drift(day, parameters.driftPerDay, chance)
    chance.of('ties', -1, day)
    const changes = Math.round(people.count * TIE_CHANGES_PER_DAY)
    for (let change = 0; change < changes; change++) {
      this.agenda.add(
        at + chance.below(DAY_MS),
        HAPPENING.tie,
        chance.below(people.count),
        day * changes + change,
      )
    }
    this.agenda.add((day + 1) * DAY_MS, HAPPENING.dawn, day + 1)
  }
}
