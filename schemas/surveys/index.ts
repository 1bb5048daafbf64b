import { contract } from '../contract.ts'
import { surveyV1 } from './v1.ts'

export const surveys = contract({
  topic: 'surveys',
  about: 'How satisfied users say they are.',
  visibility: 'public',
  ordinal: 6,
  keyAbout: 'userId',
  keyOf: (survey) => survey.userId,
  timeOf: (survey) => survey.at,
  eventIdOf: (survey) => survey.eventId,
  newest: { version: 1, record: surveyV1 },
})

export * from './v1.ts'
