import { reactions } from '../../../processors/topics.ts'
import { DAY_MS, SECOND_MS } from '../../../schemas/ids.ts'
import {
  REACTION_KINDS,
  type Reaction,
  type ReactionKind,
  UNDOABLE_KINDS,
} from '../../../schemas/reactions/index.ts'
import { aReaction, later, T0 } from '../../processors/events.ts'
import { membersOf, type Member } from './people.ts'
import { anyPost, authorOf } from './posts.ts'
import { DELAY_MS_MAX, type Society } from './society.ts'

/** Posts of long ago, seen one after the other: more than `seen` keeps. */
const ARCHIVE = 70

/** What somebody did, to be done again or taken back. */
export interface Done {
  readonly member: Member | null
  readonly reaction: Reaction
}

/** Mostly what people do most. */
const kindOf = ({ random }: Society): ReactionKind =>
  random.chance(0.5) ? random.pick(['view', 'like', 'comment'] as const) : random.pick(REACTION_KINDS)

const valueOf = (kind: ReactionKind, { random }: Society): number | null =>
  kind === 'dwell' || kind === 'watch' ? random.below(60_000) : null

/** Whether a request is named is a habit of each member with each post, see `Society.namesRequests`. */
export const reactionOf = (
  society: Society,
  member: Member | null,
  post: string,
  requestId: string | null = null,
): Reaction => {
  const { random } = society
  const id = society.eventId()
  const kind = kindOf(society)
  return aReaction({
    eventId: id,
    userId: member?.id ?? null,
    postId: post,
    authorId: authorOf(post),
    kind,
    value: valueOf(kind, society),
    commentId: kind === 'comment' && random.chance(0.7) ? `comment by ${id}` : null,
    requestId: society.namesRequests(member?.id, post) ? (requestId ?? 'request unknown') : null,
    at: later(society.now - T0),
  })
}

/** Gets a reaction to the log as its author's role allows. */
export const say = (society: Society, { member, reaction }: Done): void => {
  if (member?.role === 'reader') {
    society.publishInOrder(reactions, reaction, `${member.id}\0${reaction.postId}`)
  } else society.publish(reactions, reaction, member?.role !== 'leaver')
}

/** Somebody, known or not, reacts to a post. */
export const react = (society: Society): Done | undefined => {
  const isKnown = society.random.chance(0.85)
  const member = isKnown ? society.member() : null
  if (member === undefined) return undefined
  const done = { member, reaction: reactionOf(society, member, anyPost(society)) }
  say(society, done)
  return done
}

const isUndoable = ({ kind }: Reaction): boolean => UNDOABLE_KINDS.some((each) => each === kind)

/**
 * Does it again, or takes it back where that can be; the request is named as it was then. Of somebody not known nothing is
 * remembered: their undo is dated to what it takes back.
 */
export const repeat = (society: Society, { member, reaction }: Done, takesBack: boolean): Done | undefined =>
  society.at(Math.max(society.now, reaction.at + 1), () => {
    if (member !== null && society.isQuiet(member)) return undefined
    const undo = takesBack && isUndoable(reaction)
    const at = undo && member === null ? reaction.at : society.now
    const done = {
      member,
      reaction: aReaction({ ...reaction, eventId: society.eventId(), undo, at: later(at - T0) }),
    }
    say(society, done)
    return done
  })

/** A phone sends what was done and undone while out of reach in the wrong order. */
export const takeBackFirst = (society: Society): void => {
  const member = society.member(membersOf('wanderer', 'leaver'))
  if (member === undefined) return
  const reaction = reactionOf(society, member, anyPost(society))
  if (!isUndoable(reaction)) return say(society, { member, reaction })
  const undoneAfterMs = society.random.below(DELAY_MS_MAX / 2)
  const undo = aReaction({
    ...reaction,
    eventId: society.eventId(),
    undo: true,
    at: reaction.at + undoneAfterMs,
  })
  society.send(reactions, undo, undoneAfterMs)
  society.send(reactions, reaction, undoneAfterMs + 1 + society.random.below(DELAY_MS_MAX / 2))
}

/**
 * A phone that was off for long. A reaction is joined with its post if that comes within a week of the reaction:
 * of posts that may be published, nothing is older than would end that week before the society ends.
 */
export const reactLongAgo = (society: Society): Done => {
  const { random } = society
  const member = random.pick(membersOf('wanderer'))
  const isArchived = random.chance(0.5)
  const post = isArchived ? `archive-${random.below(ARCHIVE)}` : anyPost(society)
  const agoMs = random.below((isArchived ? 600 : 4) * DAY_MS)
  const reaction = society.at(society.now - agoMs, () => reactionOf(society, member, post))
  society.publish(reactions, reaction, false)
  return { member, reaction }
}

/** Leafs through the archive, a post a second. */
export const leaf = (society: Society): void => {
  const member = society.member()
  if (member === undefined || society.isQuiet(member, society.now + ARCHIVE * SECOND_MS)) return
  for (let index = 0; index < ARCHIVE; index++) {
    society.at(society.now + index * SECOND_MS, () => {
      const reaction = reactionOf(society, member, `archive-${index}`)
      society.send(reactions, aReaction({ ...reaction, kind: 'view', value: null, commentId: null }), 0)
    })
  }
}
