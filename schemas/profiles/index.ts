import { contract } from '../contract.ts'
import { profileV1 } from './v1.ts'

export const profiles = contract({
  topic: 'profiles',
  about: 'What users say of themselves.',
  visibility: 'public',
  ordinal: 4,
  keyAbout: 'userId',
  keyOf: (profile) => profile.userId,
  timeOf: (profile) => profile.at,
  eventIdOf: (profile) => profile.eventId,
  newest: { version: 1, record: profileV1 },
})

export * from './v1.ts'
