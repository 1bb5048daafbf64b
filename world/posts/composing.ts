import { AUDIENCES, POST_KINDS, type Audience } from '../../schemas/posts/index.ts'
import type { Chance } from '../chance.ts'
import type { People } from '../society/people.ts'
import { SUBJECT_COUNT } from '../society/people.ts'
import type { Ties } from '../society/ties.ts'
import type { PostFacts } from './post-table.ts'
import type { Trends } from './trends.ts'
import { kindOf } from './writing.ts'

export const AUDIENCE: Readonly<Record<Audience, number>> = {
  public: AUDIENCES.indexOf('public'),
  friends: AUDIENCES.indexOf('friends'),
  group: AUDIENCES.indexOf('group'),
  page: AUDIENCES.indexOf('page'),
}

const QUALITY_SPREAD = 0.7
/**
 * A viral post is one so good that many who meet it react, whatever their taste: how far it comes is up to the ranking
 * that finds it. Shares are counted as engagement and reach nobody by themselves.
 */
const VIRAL_SHARE = 0.004
/** Far beyond what chance makes of quality: more than three times its spread. */
export const VIRAL_QUALITY = 2.4
const MENTION_SHARE = 0.06
const TREND_SHARE = 0.6
const ENGLISH_SHARE = 0.2
/** Harmless people now and then write something that is not. */
const HARMFUL_SHARE = 0.006

/** How much likelier an author writes about what they like: weights are e to this times taste. */
const FOCUS = 1.3

export interface Composer {
  readonly people: People
  readonly ties: Ties
  readonly trends: Trends
  readonly chance: Chance
}

/** What an author's next post is about, who may see it, and how good it is. */
export const compose = (
  { people, ties, trends, chance }: Composer,
  author: number,
  ordinal: number,
  at: number,
): PostFacts => {
  chance.of('post', author, ordinal)
  const subject = subjectOf(people, author, chance)
  const isSpam = people.isSpammer[author] === 1
  const place = isSpam ? EVERYBODY : placeOf(ties, author, subject, chance)
  const isViral = !isSpam && place.audience === AUDIENCE.public && chance.happens(VIRAL_SHARE)
  const trend = trends.strongest(subject, at)
  return {
    author,
    ordinal,
    at,
    subject,
    ...place,
    kind: POST_KINDS.indexOf(isSpam ? 'link' : kindOf(subject, chance)),
    language: chance.happens(ENGLISH_SHARE) ? 0 : people.writes[author]!,
    quality: QUALITY_SPREAD * chance.normal() + people.renown[author]! + (isViral ? VIRAL_QUALITY : 0),
    harm: isSpam ? 0.5 + 0.5 * chance.next() : chance.happens(HARMFUL_SHARE) ? 0.3 + 0.4 * chance.next() : 0,
    trend: trend !== -1 && chance.happens(TREND_SHARE * trends.strength(trend, at)) ? trend : -1,
    mention: chance.happens(MENTION_SHARE) ? friendOf(ties, author, chance) : -1,
  }
}

const subjectWeights = new Float64Array(SUBJECT_COUNT)

const subjectOf = (people: People, author: number, chance: Chance): number => {
  for (let subject = 0; subject < SUBJECT_COUNT; subject++) {
    subjectWeights[subject] = Math.exp(FOCUS * people.taste(author, subject))
  }
  return chance.weighted(subjectWeights)
}

interface PlaceOfPost {
  readonly audience: number
  readonly container: number
}

const EVERYBODY: PlaceOfPost = { audience: AUDIENCE.public, container: -1 }

/** Posts to a group or page need one of the subject that the author belongs to. */
const placeOf = (ties: Ties, author: number, subject: number, chance: Chance): PlaceOfPost => {
  const draw = chance.next()
  const which = chance.next()
  if (draw < 0.2) return { audience: AUDIENCE.friends, container: -1 }
  const kind = draw < 0.36 ? 'group' : draw < 0.44 ? 'page' : null
  if (kind === null) return EVERYBODY
  const own: number[] = []
  for (const [index, container] of ties.containers.entries()) {
    if (container.kind === kind && container.subject === subject && ties.isMember(author, index))
      own.push(index)
  }
  if (own.length === 0) return EVERYBODY
  return { audience: AUDIENCE[kind], container: own[Math.floor(which * own.length)]! }
}

const friendOf = (ties: Ties, author: number, chance: Chance): number => {
  const friends = [...ties.friendsOf(author).keys()]
  return friends.length === 0 ? -1 : chance.pick(friends)
}
