import { contract } from '../contract.ts'
import { impressionV1 } from './v1.ts'

export const impressions = contract({
  topic: 'impressions',
  about: 'Feeds as they were served.',
  visibility: 'internal',
  ordinal: 8,
  keyAbout: 'userId',
  keyOf: (impression) => impression.userId,
  timeOf: (impression) => impression.at,
  newest: { version: 1, record: impressionV1 },
})

export * from './v1.ts'
