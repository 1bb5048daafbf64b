import { decayed, total } from '../../features/aggregates.ts'
import { days, hours } from '../../features/durations.ts'
import type { EventSource } from '../../features/declaration.ts'
import { view } from '../../features/view.ts'
import { GRACE_MS } from '../topics.ts'
import type { PostReaction } from '../topics/post-reaction.ts'
import { NEGATIVE, ofReactions, POSITIVE } from './reaction-series.ts'

/** Users' reactions as their routing finds them, beside the country: sent on by hand, added up before they travel. */
const routedReactions: EventSource<PostReaction> = {
  keySpace: 'user',
  graceMs: GRACE_MS,
  time: (reaction) => reaction.at,
}

/** How a post fares in one country; of reactions without a country it knows nothing. */
export const postCountry = view({
  name: 'post-country',
  version: 1,
  about: 'How a post fares in one country.',
  source: routedReactions,
  keySpace: 'post',
  key: (reaction, key) => reaction.country !== null && key.id(reaction.postId) && key.id(reaction.country),
  ...ofReactions<PostReaction>(),
  series: {
    views: { of: ['view'] },
    engagements: { of: POSITIVE },
    negatives: { of: NEGATIVE },
  },
  aggregates: [
    decayed(['views', 'engagements'], [hours(24)]),
    total(['views', 'engagements', 'negatives'], { within: days(90) }),
  ],
  timeToLive: days(90),
})
