import { contract } from '../contract.ts'
import { rankingSampleV1 } from './v1.ts'

export const rankingSamples = contract({
  topic: 'ranking-samples',
  about: 'Some candidates of some requests, as both rankers saw them.',
  visibility: 'internal',
  ordinal: 12,
  keyAbout: 'userId',
  keyOf: (sample) => sample.userId,
  timeOf: (sample) => sample.at,
  newest: { version: 1, record: rankingSampleV1 },
})

export * from './v1.ts'
