import { total } from '../../features/aggregates.ts'
import { days } from '../../features/durations.ts'
import { view } from '../../features/view.ts'
import { DAY_MS } from '../../schemas/ids.ts'
import type { Reaction } from '../../schemas/reactions/index.ts'
import { undoneReactions } from '../given-reactions.ts'
import { reactions } from '../topics.ts'
import { NEGATIVE, ofReactions, POSITIVE } from './reaction-series.ts'

/** Days since the Unix epoch, as the second id of the key. */
export const dayOf = (at: number): string => String(Math.floor(at / DAY_MS))

/** How an author's posts fared on one day (UTC): for charts and for growth over weeks. */
export const authorByDay = view({
  name: 'author-by-day',
  version: 1,
  about: "How an author's posts fared on one day.",
  source: reactions,
  undone: undoneReactions,
  keySpace: 'author',
  key: (reaction, key) => key.id(reaction.authorId) && key.id(dayOf(reaction.at)),
  ...ofReactions<Reaction>(),
  series: {
    views: { of: ['view'] },
    engagements: { of: POSITIVE },
    negatives: { of: NEGATIVE },
  },
  aggregates: [total(['views', 'engagements', 'negatives'], { within: days(90) })],
  timeToLive: days(90),
})
