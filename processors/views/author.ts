import { decayed, rate, total, windows } from '../../features/aggregates.ts'
import { days, hours, POPULARITY_HALF_LIVES } from '../../features/durations.ts'
import { view } from '../../features/view.ts'
import type { Reaction } from '../../schemas/reactions/index.ts'
import { undoneReactions } from '../given-reactions.ts'
import { reactions } from '../topics.ts'
import { NEGATIVE, ofReactions, POSITIVE } from './reaction-series.ts'

/** How an author's posts fare with everyone. */
export const author = view({
  name: 'author',
  version: 1,
  about: "How an author's posts fare with everyone.",
  source: reactions,
  undone: undoneReactions,
  keySpace: 'author',
  key: (reaction, key) => key.id(reaction.authorId),
  ...ofReactions<Reaction>(),
  series: {
    views: { of: ['view'] },
    engagements: { of: POSITIVE },
    follows: { of: ['follow_author', 'connect_request'] },
    negatives: { of: NEGATIVE },
  },
  aggregates: [
    decayed(['views', 'engagements'], POPULARITY_HALF_LIVES),
    decayed(['negatives'], [hours(24)]),
    windows(['engagements'], [days(7)]),
    total(['views', 'engagements', 'follows', 'negatives']),
    rate({ of: 'engagements', per: 'views', halfLife: hours(24), priorSuccesses: 1, priorTrials: 20 }),
  ],
  timeToLive: days(420),
})
