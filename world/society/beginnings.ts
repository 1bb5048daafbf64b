import type { Closeness } from '../../schemas/connections/index.ts'
import { DAY_MS } from '../../schemas/ids.ts'
import type { Chance } from '../chance.ts'
import type { Journal } from '../events/journal.ts'
import { SUBJECTS } from '../posts/subjects.ts'
import { NOTABLE, type People, SUBJECT_COUNT } from './people.ts'
import type { Ties } from './ties.ts'

/** Ties and profiles are this old at most when people begin to post. */
const AGE_DAYS_MAX = 700
const FRIENDSHIPS_MEAN = 5
const FOLLOWS_MEAN = 8
/** How many more ties the notable user makes. */
const NOTABLE_FACTOR = 3
const FAMILY_SHARE = 0.06
const CLOSE_SHARE = 0.2
/** How often somebody looks for one more friend of like taste before taking anybody. */
const TRIES_MAX = 40
const INTEREST_MIN = 0.5

interface Beginning {
  readonly at: number
  readonly write: () => void
}

export interface Newcomers {
  readonly people: People
  readonly ties: Ties
  readonly journal: Journal
  readonly chance: Chance
  readonly startAt: number
}

/** Makes everybody's first ties, and writes them and the profiles down in the order of time. */
export const begin = (newcomers: Newcomers): void => {
  const { people } = newcomers
  const beginnings: Beginning[] = []
  const market = new Acquaintance(people)
  for (let user = 0; user < people.count; user++) {
    beginnings.push(profile(newcomers, user))
    befriend(newcomers, market, user, beginnings)
    follow(newcomers, market, user, beginnings)
    join(newcomers, user, beginnings)
  }
  beginnings.sort((one, other) => one.at - other.at)
  for (const { write } of beginnings) write()
}

const profile = ({ people, journal, chance, startAt }: Newcomers, user: number): Beginning => {
  chance.of('people', user, 1)
  const birthYear = chance.between(1950, 2007)
  const at = startAt - AGE_DAYS_MAX * DAY_MS + chance.below(DAY_MS)
  const interests = SUBJECTS.filter((_, subject) => people.taste(user, subject) > INTEREST_MIN)
  return {
    at,
    write: () =>
      journal.profile(
        user,
        interests.map(({ name }) => name),
        birthYear,
        at,
      ),
  }
}

/** Integer from a log-normal of the mean. */
const countOf = (user: number, mean: number, most: number, chance: Chance): number => {
  const factor = user === NOTABLE ? NOTABLE_FACTOR : Math.exp(0.6 * chance.normal() - 0.18)
  return Math.min(most, Math.round(mean * factor))
}

const pastTime = (startAt: number, chance: Chance): number =>
  startAt - DAY_MS - chance.below((AGE_DAYS_MAX - 1) * DAY_MS)

const befriend = (
  { people, ties, journal, chance, startAt }: Newcomers,
  market: Acquaintance,
  user: number,
  beginnings: Beginning[],
): void => {
  chance.of('friendships', user)
  const count = countOf(user, FRIENDSHIPS_MEAN, Math.floor(people.count / 4), chance)
  for (let made = 0; made < count; made++) {
    const friend = market.friendFor(user, chance)
    if (friend === user || ties.friendsOf(user).has(friend)) continue
    const draw = chance.next()
    const closeness: Closeness =
      draw < FAMILY_SHARE ? 'family' : draw < FAMILY_SHARE + CLOSE_SHARE ? 'close' : 'none'
    ties.befriend(user, friend, closeness)
    const at = pastTime(startAt, chance)
    const between = { kind: 'friend', closeness, action: 'added' } as const
    const [userId, friendId] = [people.ids[user]!, people.ids[friend]!]
    beginnings.push({
      at,
      write: () => {
        journal.connection({ userId, targetId: friendId, ...between }, at)
        journal.connection({ userId: friendId, targetId: userId, ...between }, at)
      },
    })
  }
}

const follow = (
  { people, ties, journal, chance, startAt }: Newcomers,
  market: Acquaintance,
  user: number,
  beginnings: Beginning[],
): void => {
  chance.of('follows', user)
  const count = countOf(user, FOLLOWS_MEAN, Math.floor(people.count / 4), chance)
  for (let made = 0; made < count; made++) {
    const author = market.authorFor(user, chance)
    if (author === user || ties.followsOf(user).has(author)) continue
    ties.follow(user, author)
    const at = pastTime(startAt, chance)
    const [userId, targetId] = [people.ids[user]!, people.ids[author]!]
    beginnings.push({
      at,
      write: () => journal.connection({ userId, targetId, kind: 'follow', action: 'added' }, at),
    })
  }
}

const join = (
  { people, ties, journal, chance, startAt }: Newcomers,
  user: number,
  beginnings: Beginning[],
): void => {
  chance.of('memberships', user)
  for (const [container, { id: targetId, kind, subject }] of ties.containers.entries()) {
    if (!chance.happens(eagerness(people.taste(user, subject), ties, subject))) continue
    ties.join(user, container)
    const at = pastTime(startAt, chance)
    const userId = people.ids[user]!
    beginnings.push({ at, write: () => journal.connection({ userId, targetId, kind, action: 'added' }, at) })
  }
}

/** Chance to belong to one of a subject's groups or pages: about two of them for a favourite. */
const eagerness = (taste: number, ties: Ties, subject: number): number => {
  const choices = ties.containers.filter((each) => each.subject === subject).length
  return Math.min(0.8, (2 / choices) * (1 / (1 + Math.exp(-2.5 * (taste - 0.6)))))
}

/** Who comes to know whom: people of like taste, of one country, of a manner that pleases. */
export class Acquaintance {
  private readonly people: People
  /** Users by what they like most. */
  private readonly byFavourite: readonly number[][]
  /** Running sums of what draws followers. */
  private readonly draw: Float64Array

  constructor(people: People) {
    this.people = people
    this.byFavourite = Array.from({ length: SUBJECT_COUNT }, () => [])
    this.draw = new Float64Array(people.count)
    let sum = 0
    for (let user = 0; user < people.count; user++) {
      this.byFavourite[this.favouriteOf(user)]!.push(user)
      sum += Math.exp(2 * people.renown[user]!) * Math.min(5, people.postsPerDay[user]! + 0.02)
      this.draw[user] = sum
    }
  }

  friendFor(user: number, chance: Chance): number {
    // Tastes drift: nobody may have begun with what this user likes by now.
    const circle = this.byFavourite[this.favouriteOf(user)]!
    let candidate = user
    for (let tries = 0; tries < TRIES_MAX; tries++) {
      candidate =
        circle.length > 0 && chance.happens(0.6) ? chance.pick(circle) : chance.below(this.people.count)
      if (candidate !== user && chance.happens(this.harmony(user, candidate))) break
    }
    return candidate
  }

  authorFor(user: number, chance: Chance): number {
    let candidate = user
    for (let tries = 0; tries < TRIES_MAX; tries++) {
      candidate = this.anyAuthor(chance)
      if (candidate !== user && chance.happens(this.harmony(user, candidate))) break
    }
    return candidate
  }

  private anyAuthor(chance: Chance): number {
    const { draw } = this
    const wanted = chance.next() * draw[draw.length - 1]!
    let low = 0
    let high = draw.length - 1
    while (low < high) {
      const middle = (low + high) >> 1
      if (draw[middle]! <= wanted) low = middle + 1
      else high = middle
    }
    return low
  }

  private harmony(one: number, other: number): number {
    const { people } = this
    let likeness = 0
    for (let subject = 0; subject < SUBJECT_COUNT; subject++) {
      likeness += people.taste(one, subject) * people.taste(other, subject)
    }
    const sameCountry = people.places[one] === people.places[other] ? 1.2 : 0
    const logOdds = 0.25 * (likeness - SUBJECT_COUNT / 2) + people.liking(one, other) + sameCountry - 1
    return 1 / (1 + Math.exp(-logOdds))
  }

  private favouriteOf(user: number): number {
    let favourite = 0
    for (let subject = 1; subject < SUBJECT_COUNT; subject++) {
      if (this.people.taste(user, subject) > this.people.taste(user, favourite)) favourite = subject
    }
    return favourite
  }
}
