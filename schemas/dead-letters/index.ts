import { contract } from '../contract.ts'
import { deadLetterV1 } from './v1.ts'

export const deadLetters = contract({
  topic: 'dead-letters',
  about:
    'Records that were put aside because they do not decode, break their contract or could not be processed.',
  visibility: 'internal',
  ordinal: 11,
  keyAbout: 'topic',
  keyOf: (letter) => letter.topic,
  timeOf: (letter) => letter.at,
  newest: { version: 1, record: deadLetterV1 },
})

export * from './v1.ts'
