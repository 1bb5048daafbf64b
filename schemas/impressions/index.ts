import { contract } from '../contract.ts'
import { impressionV1 } from './v1.ts'
import { impressionV2 } from './v2.ts'
import { impressionV3 } from './v3.ts'
import { impressionV4 } from './v4.ts'
import { impressionV5 } from './v5.ts'

export const impressions = contract({
  topic: 'impressions',
  about: 'Feeds as they were served.',
  visibility: 'internal',
  ordinal: 8,
  keyAbout: 'userId',
  keyOf: (impression) => impression.userId,
  timeOf: (impression) => impression.at,
  newest: { version: 5, record: impressionV5 },
  older: [
    { version: 1, record: impressionV1 },
    { version: 2, record: impressionV2 },
    { version: 3, record: impressionV3 },
    { version: 4, record: impressionV4 },
  ],
})

export { CANDIDATES_MAX, FEATURES_BYTES_MAX, POSITION_MAX } from './v1.ts'
export * from './limits.ts'
export * from './v2.ts'
export * from './v3.ts'
export * from './v4.ts'
export * from './v5.ts'
