import { field, record } from '../declare/record.ts'
import { id } from '../declare/text.ts'
import type { ValueOf } from '../declare/kind.ts'
import { at, eventId } from '../fields.ts'
import type { UserId } from '../ids.ts'

export const erasureV1 = record(
  'Erasure',
  'A user is to be forgotten: all rows of theirs alone go. Counts of them with an author, kind, hashtag or container, and of posts, stay and fade.',
  {
    eventId,
    userId: field(id<UserId>(), 'The user to forget.'),
    at,
  },
)

export type Erasure = ValueOf<typeof erasureV1>
