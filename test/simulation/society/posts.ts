import { integrity, posts } from '../../../processors/topics.ts'
import type { ContainerId, UserId } from '../../../schemas/ids.ts'
import { VERDICTS } from '../../../schemas/integrity/index.ts'
import { AUDIENCES, POST_ACTIONS, POST_KINDS } from '../../../schemas/posts/index.ts'
import { aPost, eventId, later, postId, T0 } from '../../processors/events.ts'
import { GROUPS, MEMBERS, PAGES } from './people.ts'
import type { Society } from './society.ts'

const POSTS = 24
/** Of those, the last are never published: reactions to them wait. */
const UNPUBLISHED = 3

const HASHTAGS = ['kandajimbo', 'kandawalks', 'walks', 'travelphotography', '__proto__', 'コーヒー']
const TEXTS = [null, 'A walk from Kanda to Jimbo', 'travel photography #walks', 'コーヒー and walks', '']

export const postAt = (index: number): string => `post-${index}`
export const anyPost = ({ random }: Society): string => postAt(random.below(POSTS))
export const postIds = (): string[] => Array.from({ length: POSTS }, (_, index) => postAt(index))

/** Whose post it is follows from its id. */
export const authorOf = (post: string): string => {
  const number = Number(post.slice(post.lastIndexOf('-') + 1))
  return MEMBERS[number % MEMBERS.length]!.id
}

const some = <Item>({ random }: Society, from: readonly Item[], probability: number): Item[] =>
  from.filter(() => random.chance(probability))

/** Publishes, edits or deletes a post, in any order: publishers are told to do better, but do not. */
export const post = (society: Society): void => {
  const { random } = society
  const id = postAt(random.below(POSTS - UNPUBLISHED))
  const action = random.chance(0.6) ? 'published' : random.pick(POST_ACTIONS)
  const value = aPost({
    eventId: society.eventId(),
    postId: id,
    authorId: authorOf(id),
    action,
    kind: random.pick(POST_KINDS),
    audience: random.pick(AUDIENCES),
    containerId: random.pick([null, null, ...GROUPS, ...PAGES, postAt(0)]) as ContainerId | null,
    text: random.pick(TEXTS),
    language: random.pick([null, 'en', 'ja']),
    hashtags: some(society, HASHTAGS, 0.3),
    mentions: some(society, MEMBERS, 0.1).map((member) => member.id as UserId),
    at: later(society.now - T0),
  })
  society.publish(posts, value, true)
}

export const judgement = (society: Society): void => {
  const { random } = society
  const labels = some(society, ['spam', 'nudity', 'constructor'], 0.5)
  const value = {
    eventId: eventId(society.eventId()),
    postId: postId(anyPost(society)),
    verdict: random.pick(VERDICTS),
    scores: Object.fromEntries(labels.map((label) => [label, random.below(100) / 100])),
    at: later(society.now - T0),
  }
  society.publish(integrity, value, true)
}
