import type { ValueOf } from '../declare/kind.ts'
import { optional, record } from '../declare/record.ts'
import { label } from '../declare/text.ts'
import { impressionFieldsV4 } from './v4.ts'

export const impressionV5 = record(
  'Impression',
  'A feed that was served, with everything it was ranked by.',
  {
    ...impressionFieldsV4,
    retrievalModelVersion: optional(
      label(),
      'The towers that posts by strangers were found by; null where none were searched by.',
    ),
  },
)

export type Impression = ValueOf<typeof impressionV5>
