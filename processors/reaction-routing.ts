import type { AnyHandler, Context, Mapper, Processor, StateLayout } from '../engine/processor.ts'
import { on } from '../engine/processor.ts'
import type { Topic } from '../engine/topic.ts'
import type { EventId, Millis } from '../schemas/ids.ts'
import { millis } from '../schemas/ids.ts'
import type { Reaction } from '../schemas/reactions/index.ts'
import { ERASURE_MEMORY_MS } from './erasure.ts'
import { undoneReactions } from './given-reactions.ts'
import { supersedes, type Written } from './register.ts'
import { stateOf } from './rows.ts'
import { erasures, profiles, reactions } from './topics.ts'
import { readCountry, reactionsByPost, writeCountry } from './topics/post-reaction.ts'

/** The user's country by their newest profile: a last-write-wins register. */
interface UserCountry {
  country: string | null
  written: Written | null
  /** The last write was an erasure. */
  erased: boolean
}

const COUNTRY = 1
const ERASED = 2

const layout: StateLayout<UserCountry> = {
  version: 1,
  create: () => ({ country: null, written: null, erased: false }),
  read(reader) {
    const flags = reader.u8()
    const country = flags & COUNTRY ? readCountry(reader) : null
    const written = { at: reader.f64() as Millis, eventId: reader.string() as EventId }
    return { country, written, erased: (flags & ERASED) !== 0 }
  },
  write({ country, written, erased }, writer) {
    if (written === null) return false
    writer.u8((country === null ? 0 : COUNTRY) | (erased ? ERASED : 0))
    if (country !== null) writeCountry(country, writer)
    writer.f64(written.at)
    writer.string(written.eventId)
    return true
  },
}

const assign = (state: UserCountry, country: string | null, { at, eventId }: Written): boolean => {
  if (!supersedes({ at, eventId }, state.written)) return false
  state.country = country
  state.written = { at, eventId }
  state.erased = false
  return true
}

const route = (reaction: Reaction, country: string | null, context: Context): void => {
  const { userId, postId, authorId, kind, undo, value, commentId, at } = reaction
  context.emit(reactionsByPost, { userId, postId, authorId, kind, undo, value, commentId, country, at })
}

/** Handles what counts of a topic of users' reactions: undos come from where their time is known. */
const routed = (input: Topic<Reaction>, counts: (reaction: Reaction) => boolean): AnyHandler<UserCountry> =>
  on({
    input,
    key: (reaction, key) => counts(reaction) && reaction.userId !== null && key.id(reaction.userId),
    process(reaction, state: UserCountry, context) {
      route(reaction, state.country, context)
      return false
    },
  })

/**
 * Sends users' reactions on to their posts; undos come from where they are dated to what they undo. The
 * country is the one known when the reaction is processed: inputs are taken in order of event time, and a
 * profile that comes later than that changes no past reaction.
 */
export const reactionRouting: Processor<UserCountry> = {
  name: 'reaction-routing',
  about: "Keys users' reactions by post and adds the user's country.",
  state: layout,
  handlers: [
    on({
      input: profiles,
      key: (profile, key) => key.id(profile.userId),
      process: (profile, state: UserCountry) => assign(state, profile.country, profile),
    }),
    on({
      input: erasures,
      key: (erasure, key) => key.id(erasure.userId),
      process(erasure, state: UserCountry, context) {
        if (!assign(state, null, erasure)) return false
        state.erased = true
        context.timer(millis(erasure.at + ERASURE_MEMORY_MS))
        return true
      },
    }),
    routed(reactions, (reaction) => !reaction.undo),
    routed(undoneReactions, () => true),
  ],
  outputs: [reactionsByPost],
  onTimer(at, _key, state) {
    if (!state.erased || state.written === null || state.written.at + ERASURE_MEMORY_MS > at) return false
    state.written = null
    return true
  },
}

/** Reactions of nobody known have no profile and no state to look up. */
export const anonymousReactionRouting: readonly Mapper<Reaction>[] = [
  {
    name: 'anonymous-reaction-routing',
    about: 'Keys reactions of unknown users by post.',
    input: reactions,
    outputs: [reactionsByPost],
    map(reaction, context) {
      if (reaction.userId === null && !reaction.undo) route(reaction, null, context)
    },
  },
  {
    name: 'anonymous-undo-routing',
    about: 'Keys undos of unknown users by post.',
    input: undoneReactions,
    outputs: [reactionsByPost],
    map(reaction, context) {
      if (reaction.userId === null) route(reaction, null, context)
    },
  },
]

/** The user's country in a row of `reaction-routing`; null where no profile names one. */
export const readUserCountry = (row: Buffer): string | null => stateOf(layout, row).country
