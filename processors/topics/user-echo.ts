import type { Topic } from '../../engine/topic.ts'
import type { Millis, UserId } from '../../schemas/ids.ts'
import { GRACE_MS } from '../topics.ts'

/** What topics share that carry, to a user's own rows, what followed from events seen elsewhere. */
export const userEcho = <Value extends { readonly userId: UserId; readonly at: Millis }>(
  own: Pick<Topic<Value>, 'name' | 'about' | 'codec' | 'fold'>,
): Topic<Value> => ({
  keySpace: 'user',
  graceMs: GRACE_MS,
  isEcho: true,
  visibility: 'internal',
  key: (value, key) => {
    key.id(value.userId)
  },
  time: (value) => value.at,
  ...own,
})
