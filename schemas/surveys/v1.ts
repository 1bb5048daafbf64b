import { integer } from '../declare/numbers.ts'
import { field, optional, record } from '../declare/record.ts'
import { id } from '../declare/text.ts'
import type { ValueOf } from '../declare/kind.ts'
import { at, eventId } from '../fields.ts'
import type { PostId, RequestId, UserId } from '../ids.ts'

export const surveyV1 = record('Survey', 'A user said how satisfied they are with a post or a feed.', {
  eventId,
  userId: field(id<UserId>(), 'Who answered.'),
  postId: optional(id<PostId>(), 'The post asked about; left out when the whole feed was.'),
  requestId: optional(id<RequestId>(), 'The feed request asked about.'),
  satisfaction: field(integer(1, 5), 'From 1 (not at all) to 5 (very).'),
  at,
})

export type Survey = ValueOf<typeof surveyV1>
