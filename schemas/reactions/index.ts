import { contract } from '../contract.ts'
import { reactionV1 } from './v1.ts'

export const reactions = contract({
  topic: 'reactions',
  about: 'What users do with posts.',
  visibility: 'public',
  ordinal: 2,
  keyAbout: 'userId; postId when userId is null',
  keyOf: (reaction) => reaction.userId ?? reaction.postId,
  timeOf: (reaction) => reaction.at,
  eventIdOf: (reaction) => reaction.eventId,
  newest: { version: 1, record: reactionV1 },
})

export * from './v1.ts'
