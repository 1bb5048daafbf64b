import { contract } from '../contract.ts'
import { erasureV1 } from './v1.ts'

export const erasures = contract({
  topic: 'erasures',
  about: 'Users to be forgotten.',
  visibility: 'public',
  ordinal: 7,
  keyAbout: 'userId',
  keyOf: (erasure) => erasure.userId,
  timeOf: (erasure) => erasure.at,
  eventIdOf: (erasure) => erasure.eventId,
  newest: { version: 1, record: erasureV1 },
})

export * from './v1.ts'
