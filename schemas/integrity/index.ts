import { contract } from '../contract.ts'
import { integrityV1 } from './v1.ts'

export const integrity = contract({
  topic: 'integrity',
  about: 'Judgements on posts: what may be shown, and how harmful it may be.',
  visibility: 'public',
  ordinal: 5,
  keyAbout: 'postId',
  keyOf: (judgement) => judgement.postId,
  timeOf: (judgement) => judgement.at,
  eventIdOf: (judgement) => judgement.eventId,
  newest: { version: 1, record: integrityV1 },
})

export * from './v1.ts'
