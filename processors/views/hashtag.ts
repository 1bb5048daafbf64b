import { decayed, total, windows } from '../../features/aggregates.ts'
import { days, hours, POPULARITY_HALF_LIVES } from '../../features/durations.ts'
import { view } from '../../features/view.ts'
import { taggedReactions } from './joined-reactions.ts'
import { NEGATIVE, POSITIVE } from './reaction-series.ts'

/** How posts of one hashtag fare: what trends. */
export const hashtag = view({
  name: 'hashtag',
  version: 1,
  about: 'How posts of one hashtag fare.',
  source: taggedReactions,
  keySpace: 'hashtag',
  key: (tagged, key) => key.id(tagged.hashtag),
  by: ({ joined }) => joined.kind,
  sign: ({ joined }) => (joined.undo ? -1 : 1),
  series: {
    views: { of: ['view'] },
    engagements: { of: POSITIVE },
    negatives: { of: NEGATIVE },
  },
  aggregates: [
    decayed(['views', 'engagements'], POPULARITY_HALF_LIVES),
    windows(['engagements'], [hours(1), hours(24), days(7)]),
    total(['views', 'engagements', 'negatives']),
  ],
  timeToLive: days(180),
})
