import type { ByteReader, ByteWriter } from '../engine/bytes.ts'
import { on, type Context, type Processor, type StateLayout } from '../engine/processor.ts'
import { type EventId, type Millis, millis } from '../schemas/ids.ts'
import type { Profile } from '../schemas/profiles/index.ts'
import { ERASURE_MEMORY_MS } from './erasure.ts'
import { stateOf } from './rows.ts'
import { erasures, profiles as profileTopic } from './topics.ts'

/** What a user says of themselves; null where they say nothing. */
export interface UserProfile {
  readonly country: string | null
  readonly language: string | null
  readonly birthYear: number | null
  readonly gender: string | null
  readonly interests: readonly string[]
}

/** A register: the newest by (at, eventId) holds. No profile: it was erased. */
interface ProfileState {
  at: number
  eventId: string
  profile: UserProfile | null
}

const HAS_PROFILE = 1
const HAS_COUNTRY = 2
const HAS_LANGUAGE = 4
const HAS_BIRTH_YEAR = 8
const HAS_GENDER = 16

/** `f64 at · eventId · u8 flags`, then what the flags say is there, then the interests. */
const layout: StateLayout<ProfileState> = {
  version: 1,
  create: () => ({ at: 0, eventId: '', profile: null }),
  read: (reader) => {
    const at = reader.f64()
    const eventId = reader.string()
    const flags = reader.u8()
    return { at, eventId, profile: (flags & HAS_PROFILE) === 0 ? null : readProfile(reader, flags) }
  },
  write: (state, writer) => {
    if (state.at === 0) return false
    writer.f64(state.at)
    writer.string(state.eventId)
    if (state.profile === null) writer.u8(0)
    else writeProfile(state.profile, writer)
    return true
  },
}

const readProfile = (reader: ByteReader, flags: number): UserProfile => ({
  country: (flags & HAS_COUNTRY) === 0 ? null : reader.string(),
  language: (flags & HAS_LANGUAGE) === 0 ? null : reader.string(),
  birthYear: (flags & HAS_BIRTH_YEAR) === 0 ? null : reader.varint(),
  gender: (flags & HAS_GENDER) === 0 ? null : reader.string(),
  interests: Array.from({ length: reader.varint() }, () => reader.string()),
})

const writeProfile = (profile: UserProfile, writer: ByteWriter): void => {
  const { country, language, birthYear, gender, interests } = profile
  writer.u8(
    HAS_PROFILE |
      (country === null ? 0 : HAS_COUNTRY) |
      (language === null ? 0 : HAS_LANGUAGE) |
      (birthYear === null ? 0 : HAS_BIRTH_YEAR) |
      (gender === null ? 0 : HAS_GENDER),
  )
  if (country !== null) writer.string(country)
  if (language !== null) writer.string(language)
  if (birthYear !== null) writer.varint(birthYear)
  if (gender !== null) writer.string(gender)
  writer.varint(interests.length)
  for (const interest of interests) writer.string(interest)
}

const isNewer = (at: Millis, eventId: EventId, state: ProfileState): boolean =>
  at > state.at || (at === state.at && eventId > state.eventId)

const replace = (event: Profile, state: ProfileState): boolean => {
  if (!isNewer(event.at, event.eventId, state)) return false
  const { country, language, birthYear, gender, interests } = event
  state.at = event.at
  state.eventId = event.eventId
  state.profile = { country, language, birthYear, gender, interests }
  return true
}

/** An erasure is a newer profile that says nothing, and is itself forgotten after a while. */
const erase = (at: Millis, eventId: EventId, state: ProfileState, context: Context): boolean => {
  if (!isNewer(at, eventId, state)) return false
  state.at = at
  state.eventId = eventId
  state.profile = null
  context.timer(millis(at + ERASURE_MEMORY_MS))
  return true
}

const forgetErasure = (at: Millis, state: ProfileState): boolean => {
  if (state.profile !== null || state.at > at - ERASURE_MEMORY_MS) return false
  state.at = 0
  return true
}

/** The newest profile of each user, whatever the order profiles come in. */
export const profiles: Processor<ProfileState> = {
  name: 'profiles',
  about: 'What users say of themselves.',
  state: layout,
  handlers: [
    on({ input: profileTopic, key: (profile, key) => key.id(profile.userId), process: replace }),
    on({
      input: erasures,
      key: (erasure, key) => key.id(erasure.userId),
      process: ({ at, eventId }, state, context) => erase(at, eventId, state, context),
    }),
  ],
  outputs: [],
  onTimer: (at, _key, state) => forgetErasure(at, state),
}

/** The profile in a stored row; null where it was erased. */
export const readProfileRow = (stored: Buffer): UserProfile | null => stateOf(layout, stored).profile
