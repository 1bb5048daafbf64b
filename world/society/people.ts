import { DAY_MS } from '../../schemas/ids.ts'
import { POST_KINDS } from '../../schemas/posts/index.ts'
import type { Chance } from '../chance.ts'
import type { WorldParameters } from '../parameters.ts'
import { SUBJECTS } from '../posts/subjects.ts'
import { userIds } from './names.ts'
import { HOUR_WEIGHT_MEAN, hourWeight, LANGUAGES, PLACES } from './places.ts'

export const SUBJECT_COUNT = SUBJECTS.length
export const KIND_COUNT = POST_KINDS.length

/** Dimensions in which one person's manner of writing pleases another, whatever it is about. */
export const MANNER_DIMENSIONS = 6

/** A liked subject, and one that leaves cold; interest 1 is about one step of likelihood. */
const FAVOURITE_TASTE = 1.6
const COLD_TASTE = -0.7
const FAVOURITES_MAX = 3

/** The first user, whom examples ask about: British, likes three subjects, reads and reacts much. */
export const NOTABLE = 0
const NOTABLE_FEEDS = 4
/** How far a taste wanders in a day, and how strongly it is drawn back. */
const WANDERING = 0.08
const DRAWN_BACK = 0.03

/** Everybody, as columns: one entry (or some) a user in each. Hidden from Freshet but for ids and profiles. */
export class People {
  readonly count: number
  readonly ids: readonly string[]
  /** `SUBJECT_COUNT` a user: how much they care for a subject. */
  readonly tastes: Float32Array
  /** `KIND_COUNT` a user. */
  readonly kindTastes: Float32Array
  /** `MANNER_DIMENSIONS` a user: the manner they like, and the manner they have. */
  readonly likedManner: Float32Array
  readonly ownManner: Float32Array
  /** Index into PLACES. */
  readonly places: Uint8Array
  /** Bit `i`: reads LANGUAGES[i]. */
  readonly reads: Uint8Array
  /** Index into LANGUAGES: what they write in. */
  readonly writes: Uint8Array
  readonly isPassive: Uint8Array
  readonly isSpammer: Uint8Array
  /** How readily they like, comment, share and save, in steps of log-odds. */
  readonly talkative: Float32Array
  /** How long they look, in steps of log-milliseconds. */
  readonly lingering: Float32Array
  /** Chance that they look at the next post of a feed, having looked at one. */
  readonly endurance: Float32Array
  readonly postsPerDay: Float64Array
  readonly feedsPerDay: Float64Array
  /** How well they write, and how many follow them. */
  readonly renown: Float32Array
  /** How far their day is shifted, hours. */
  readonly shiftHours: Float32Array

  constructor({ users, passiveShare, spammerShare, ...habits }: WorldParameters, chance: Chance) {
    this.count = users
    this.ids = userIds(users)
    this.tastes = new Float32Array(users * SUBJECT_COUNT)
    this.kindTastes = new Float32Array(users * KIND_COUNT)
    this.likedManner = new Float32Array(users * MANNER_DIMENSIONS)
    this.ownManner = new Float32Array(users * MANNER_DIMENSIONS)
    this.places = new Uint8Array(users)
    this.reads = new Uint8Array(users)
    this.writes = new Uint8Array(users)
    this.isPassive = new Uint8Array(users)
    this.isSpammer = new Uint8Array(users)
    this.talkative = new Float32Array(users)
    this.lingering = new Float32Array(users)
    this.endurance = new Float32Array(users)
    this.postsPerDay = new Float64Array(users)
    this.feedsPerDay = new Float64Array(users)
    this.renown = new Float32Array(users)
    this.shiftHours = new Float32Array(users)
    for (let user = 0; user < users; user++) {
      this.settle(user, chance.of('people', user))
      this.isPassive[user] = chance.happens(passiveShare) ? 1 : 0
      this.isSpammer[user] = chance.happens(spammerShare) ? 1 : 0
      this.writeHabits(user, chance)
    }
    this.makeNotable()
    scaleTo(this.postsPerDay, habits.postsPerUserDay)
    scaleTo(this.feedsPerDay, habits.feedsPerUserDay)
  }

  taste(user: number, subject: number): number {
    return this.tastes[user * SUBJECT_COUNT + subject]!
  }

  /** How much a reader likes an author's manner: about normal, deviation 0.7. */
  liking(reader: number, author: number): number {
    let sum = 0
    const liked = reader * MANNER_DIMENSIONS
    const own = author * MANNER_DIMENSIONS
    for (let dimension = 0; dimension < MANNER_DIMENSIONS; dimension++) {
      sum += this.likedManner[liked + dimension]! * this.ownManner[own + dimension]!
    }
    return sum
  }

  /** The next time after `at` that somebody does what they do `perDay` times a day: Poisson, thinned by the hour. */
  nextTime(user: number, perDay: number, at: number, chance: Chance): number {
    if (perDay <= 0) return Infinity
    const meanMs = (DAY_MS / perDay) * HOUR_WEIGHT_MEAN
    const offset = PLACES[this.places[user]!]!.utcOffsetHours + this.shiftHours[user]!
    for (let time = at; ;) {
      time += Math.max(1, chance.exponential(meanMs))
      if (chance.happens(hourWeight(time, offset))) return Math.floor(time)
    }
  }

  /** Lets a day pass over everybody's tastes; `jumps` is the chance that a favourite gives way to another. */
  drift(day: number, jumps: number, chance: Chance): void {
    for (let user = 0; user < this.count; user++) {
      chance.of('drift', user, day)
      const first = user * SUBJECT_COUNT
      for (let subject = 0; subject < SUBJECT_COUNT; subject++) {
        const before = this.tastes[first + subject]!
        const home = before > (FAVOURITE_TASTE + COLD_TASTE) / 2 ? FAVOURITE_TASTE : COLD_TASTE
        this.tastes[first + subject] = before + DRAWN_BACK * (home - before) + WANDERING * chance.normal()
      }
      if (chance.happens(jumps)) this.changeFavourite(first, chance)
    }
  }

  private changeFavourite(first: number, chance: Chance): void {
    let favourite = 0
    for (let subject = 1; subject < SUBJECT_COUNT; subject++) {
      if (this.tastes[first + subject]! > this.tastes[first + favourite]!) favourite = subject
    }
    const other = (favourite + 1 + chance.below(SUBJECT_COUNT - 1)) % SUBJECT_COUNT
    this.tastes[first + favourite] = COLD_TASTE
    this.tastes[first + other] = FAVOURITE_TASTE + 0.3 * chance.normal()
  }

  private settle(user: number, chance: Chance): void {
    const drawn = chance.weighted(PLACES.map(({ share }) => share))
    const place = user === NOTABLE ? 0 : drawn
    const own = LANGUAGES.findIndex((language) => language === PLACES[place]!.language)
    this.places[user] = place
    this.writes[user] = own
    this.reads[user] = (1 << own) | (chance.happens(0.7) ? 1 : 0)
    const first = user * SUBJECT_COUNT
    for (let subject = 0; subject < SUBJECT_COUNT; subject++) {
      this.tastes[first + subject] = COLD_TASTE + 0.4 * chance.normal()
    }
    const likes = chance.between(user === NOTABLE ? FAVOURITES_MAX : 1, FAVOURITES_MAX)
    const favourites = chance.sample(SUBJECT_COUNT, likes, () => 1)
    for (const subject of favourites) this.tastes[first + subject] = FAVOURITE_TASTE + 0.3 * chance.normal()
    for (let kind = 0; kind < KIND_COUNT; kind++) {
      this.kindTastes[user * KIND_COUNT + kind] = 0.5 * chance.normal()
    }
    const spread = Math.sqrt(0.7 / Math.sqrt(MANNER_DIMENSIONS))
    for (let dimension = 0; dimension < MANNER_DIMENSIONS; dimension++) {
      this.likedManner[user * MANNER_DIMENSIONS + dimension] = spread * chance.normal()
      this.ownManner[user * MANNER_DIMENSIONS + dimension] = spread * chance.normal()
    }
  }

  private makeNotable(): void {
    this.isPassive[NOTABLE] = 0
    this.isSpammer[NOTABLE] = 0
    this.talkative[NOTABLE] = 0.8
    this.postsPerDay[NOTABLE] = 1
    this.feedsPerDay[NOTABLE] = NOTABLE_FEEDS
  }

  private writeHabits(user: number, chance: Chance): void {
    this.talkative[user] = 0.6 * chance.normal()
    this.lingering[user] = 0.3 * chance.normal()
    this.endurance[user] = 0.93 + 0.055 * chance.next()
    this.renown[user] = 0.4 * chance.normal()
    this.shiftHours[user] = 1.5 * chance.normal()
    const writing = Math.exp(1.2 * chance.normal())
    this.postsPerDay[user] =
      writing * (this.isPassive[user] === 1 ? 0.05 : this.isSpammer[user] === 1 ? 3 : 1)
    this.feedsPerDay[user] = Math.exp(0.6 * chance.normal())
  }
}

/** Scales numbers so that their mean is what is asked for. */
const scaleTo = (values: Float64Array, mean: number): void => {
  const sum = values.reduce((total, value) => total + value, 0)
  const factor = (mean * values.length) / sum
  for (let index = 0; index < values.length; index++) values[index]! *= factor
}
