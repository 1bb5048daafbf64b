import { decayed, lastSeen, total } from '../../features/aggregates.ts'
import { days } from '../../features/durations.ts'
import { view } from '../../features/view.ts'
import { taggedReactions } from './joined-reactions.ts'
import { NEGATIVE, POSITIVE } from './reaction-series.ts'

/** What a user does with posts of one hashtag. */
export const userHashtag = view({
  name: 'user-hashtag',
  version: 1,
  about: 'What a user does with posts of one hashtag.',
  source: taggedReactions,
  keySpace: 'user',
  key: ({ joined, hashtag }, key) => joined.userId !== null && key.id(joined.userId) && key.id(hashtag),
  by: ({ joined }) => joined.kind,
  sign: ({ joined }) => (joined.undo ? -1 : 1),
  series: {
    views: { of: ['view'] },
    engagements: { of: POSITIVE },
    negatives: { of: NEGATIVE },
  },
  aggregates: [
    decayed(['engagements'], [days(1), days(30)]),
    decayed(['views', 'negatives'], [days(30)]),
    total(['views', 'engagements', 'negatives'], { within: days(180) }),
    lastSeen(['engagements'], { finest: '1d' }),
  ],
  timeToLive: days(180),
})
