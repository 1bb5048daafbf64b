import { decayed, rate, total } from '../../features/aggregates.ts'
import { days } from '../../features/durations.ts'
import { view } from '../../features/view.ts'
import type { JoinedReaction } from '../post-join.ts'
import { joinedReactions } from './joined-reactions.ts'
import { NEGATIVE, ofReactions, POSITIVE } from './reaction-series.ts'

/** What a user does with posts of one kind: some watch, some read. */
export const userKind = view({
  name: 'user-kind',
  version: 1,
  about: 'What a user does with posts of one kind.',
  source: joinedReactions,
  keySpace: 'user',
  key: (joined, key) => joined.userId !== null && key.id(joined.userId) && key.id(joined.contentKind),
  ...ofReactions<JoinedReaction>(),
  series: {
    views: { of: ['view'] },
    engagements: { of: POSITIVE },
    negatives: { of: NEGATIVE },
  },
  aggregates: [
    decayed(['views', 'engagements'], [days(1), days(30)]),
    decayed(['negatives'], [days(30)]),
    total(['views', 'engagements', 'negatives']),
    rate({ of: 'engagements', per: 'views', halfLife: days(30), priorSuccesses: 1, priorTrials: 20 }),
  ],
  timeToLive: days(420),
})
