import { impressions } from '../../../processors/topics.ts'
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../schemas/ids.ts'
import { anImpression } from '../../processors/personal-events.ts'
import { membersOf, type Member } from './people.ts'
import { anyPost } from './posts.ts'
import { type Done, reactionOf, say } from './reactions.ts'
import type { Society } from './society.ts'

/** Most posts that a feed shows here. */
const SLATE_POSTS_MAX = 6

export interface Slate {
  readonly member: Member
  readonly requestId: string
  readonly posts: readonly string[]
  readonly at: number
}

/** Serves a feed: logged at once, by the server that made it. */
export const serve = (society: Society): Slate => {
  const { random } = society
  const member = random.pick(membersOf('reader'))
  const posts = somePosts(society, 1 + random.below(SLATE_POSTS_MAX))
  const carried = somePosts(society, random.below(SLATE_POSTS_MAX)).filter((post) => !posts.includes(post))
  const requestId = `request-${society.eventId()}`
  society.send(
    impressions,
    anImpression({ userId: member.id, requestId, at: society.now, posts, carried }),
    0,
  )
  return { member, requestId, posts, at: society.now }
}

const somePosts = (society: Society, count: number): string[] => [
  ...new Set(Array.from({ length: count }, () => anyPost(society))),
]

/** How long after it was served people react to a feed: too early, before each window's end, and after it. */
const AFTER_MS = [
  -MINUTE_MS,
  1,
  MINUTE_MS,
  10 * MINUTE_MS,
  29 * MINUTE_MS,
  31 * MINUTE_MS,
  5 * HOUR_MS,
  DAY_MS,
  25 * HOUR_MS,
]

/** Reacts to a post of a feed; sometimes to one that it did not show. */
export const reactToFeed = (society: Society, slate: Slate): Done =>
  society.at(slate.at + society.random.pick(AFTER_MS), () => {
    const { random } = society
    const post = random.chance(0.9) ? random.pick(slate.posts) : anyPost(society)
    const requestId = random.chance(0.9) ? slate.requestId : null
    const done = { member: slate.member, reaction: reactionOf(society, slate.member, post, requestId) }
    say(society, done)
    return done
  })
