import { ByteReader } from '../engine/bytes.ts'
import type { AnyHandler, Context, Mapper, Processor, StateLayout } from '../engine/processor.ts'
import { on } from '../engine/processor.ts'
import type { Topic } from '../engine/topic.ts'
import { DeltaEmitter } from '../features/nodes.ts'
import type { Millis } from '../schemas/ids.ts'
import { millis } from '../schemas/ids.ts'
import type { Profile } from '../schemas/profiles/index.ts'
import type { Reaction } from '../schemas/reactions/index.ts'
import { ERASURE_MEMORY_MS } from './erasure.ts'
import { undoneReactions } from './given-reactions.ts'
import { NewestRecords, type Place } from './newest-records.ts'
import { stateOf } from './rows.ts'
import { erasures, profiles, reactions } from './topics.ts'
import { type PostReaction, readCountry, reactionsByPost } from './topics/post-reaction.ts'
import { postCountry } from './views/post-country.ts'

const COUNTRY_BYTES = 2
const NO_COUNTRY = Buffer.alloc(0)

/** Profiles whose country is kept for a user: the newest. */
export const COUNTRIES_MAX = 8

/** Where a user lived, from when on. */
interface UserCountries {
  /** 0 for never. */
  erasedAt: number
  /** By the time and id of the profile: its country's two letters, or nothing. */
  readonly profiles: NewestRecords
}

const countries: UserCountries = { erasedAt: 0, profiles: new NewestRecords(COUNTRIES_MAX) }

const fresh = (): UserCountries => {
  countries.erasedAt = 0
  countries.profiles.clear()
  return countries
}

const COUNTRY_V1 = 1
const ERASED_V1 = 2

/** One profile only, or an erasure. What the user's country was before it is not known: taken to be the same. */
const readV1 = (reader: ByteReader): UserCountries => {
  const { profiles: kept } = fresh()
  const flags = reader.u8()
  const country = flags & COUNTRY_V1 ? Buffer.from(reader.bytes(COUNTRY_BYTES)) : NO_COUNTRY
  const at = reader.f64()
  if (flags & ERASED_V1) countries.erasedAt = at
  else kept.add(at, Buffer.from(reader.string()), country)
  kept.overflowed = kept.count > 0
  return countries
}

/** `f64 erasedAt · profiles`. */
const layout: StateLayout<UserCountries> = {
  version: 2,
  migrations: { 1: readV1 },
  create: fresh,
  read(reader) {
    countries.erasedAt = reader.f64()
    countries.profiles.load(reader)
    return countries
  },
  write({ erasedAt, profiles: kept }, writer) {
    if (erasedAt === 0 && kept.count === 0) return false
    writer.f64(erasedAt)
    kept.save(writer)
    return true
  },
}

const payload = new ByteReader()

const countryAt = (place: Place, kept: NewestRecords): string | null => {
  kept.payload(place, payload)
  return payload.left === 0 ? null : readCountry(payload)
}

/**
 * The country that the user lived in at a time, by the profiles known now. An undo, which bears the time of what it
 * undoes, so finds the country that was counted, unless a profile from before the reaction came only after it, or an
 * erasure. Null before the first profile and before an erasure.
 */
const countryAsOf = ({ erasedAt, profiles: kept }: UserCountries, at: Millis): string | null => {
  if (kept.count === 0 || at <= erasedAt) return null
  let place = kept.newest()
  while (place >= 0 && kept.at(place) > at) place = kept.older(place)
  if (place >= 0) return countryAt(place, kept)
  return kept.overflowed ? countryAt(kept.oldest(), kept) : null
}

const move = ({ at, eventId, country }: Profile, { erasedAt, profiles: kept }: UserCountries): boolean =>
  at > erasedAt && kept.put(at, Buffer.from(eventId), country === null ? NO_COUNTRY : Buffer.from(country))

const erase = (at: Millis, state: UserCountries, context: Context): boolean => {
  if (at <= state.erasedAt) return false
  const { profiles: kept } = state
  while (kept.count > 0 && kept.at(kept.oldest()) <= at) {
    kept.remove(kept.oldest())
    kept.overflowed = false
  }
  state.erasedAt = at
  context.timer(millis(at + ERASURE_MEMORY_MS))
  return true
}

const countryDeltas = new DeltaEmitter(postCountry)

/** Keeps the rows of `post-country`, of which routing sends what is to be added: only there is the country known. */
export const postCountryRows = countryDeltas.node

const route = (reaction: Reaction, country: string | null, context: Context): PostReaction => {
  const { userId, postId, authorId, kind, undo, value, commentId, at } = reaction
  const routed = { userId, postId, authorId, kind, undo, value, commentId, country, at }
  context.emit(reactionsByPost, routed)
  return routed
}

/** Handles what counts of a topic of users' reactions: undos come from where their time is known. */
const routed = (input: Topic<Reaction>, counts: (reaction: Reaction) => boolean): AnyHandler<UserCountries> =>
  on({
    input,
    key: (reaction, key) => counts(reaction) && reaction.userId !== null && key.id(reaction.userId),
    process(reaction, state: UserCountries, context) {
      countryDeltas.emit(route(reaction, countryAsOf(state, reaction.at), context), context)
      return false
    },
  })

/**
 * Sends users' reactions on to their posts, one by one, and what they add by country, added up; undos come from where they are dated to what they undo. The
 * country is that of the reaction's own time, as far as profiles are processed by then: inputs are taken in
 * order of event time, and a profile that comes later than that changes no past reaction. The undo of such a reaction
 * goes by it all the same: it is taken from a country where it was not counted, and stays where it was.
 */
export const reactionRouting: Processor<UserCountries> = {
  name: 'reaction-routing',
  about: "Keys users' reactions by post and adds the user's country.",
  state: layout,
  handlers: [
    on({
      input: profiles,
      key: (profile, key) => key.id(profile.userId),
      process: move,
    }),
    on({
      input: erasures,
      key: (erasure, key) => key.id(erasure.userId),
      process: (erasure, state: UserCountries, context) => erase(erasure.at, state, context),
    }),
    routed(reactions, (reaction) => !reaction.undo),
    routed(undoneReactions, () => true),
  ],
  outputs: [reactionsByPost, countryDeltas.topic],
  onTimer(at, _key, state) {
    if (state.erasedAt === 0 || state.erasedAt + ERASURE_MEMORY_MS > at) return false
    state.erasedAt = 0
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
export const readUserCountry = (row: Buffer): string | null => {
  const { profiles: kept } = stateOf(layout, row)
  return kept.count === 0 ? null : countryAt(kept.newest(), kept)
}
