import { daysActive, decayed, lastSeen, rate, total, windows } from '../../features/aggregates.ts'
import { days, ENGAGEMENT_HALF_LIVES, NEGATIVE_HALF_LIVES, WINDOWS } from '../../features/durations.ts'
import { view } from '../../features/view.ts'
import type { Reaction } from '../../schemas/reactions/index.ts'
import { undoneReactions } from '../given-reactions.ts'
import { reactions } from '../topics.ts'
import { LOOKING, lookedMs, NEGATIVE, ofReactions, POSITIVE } from './reaction-series.ts'

/** What a user does with an author's posts: the affinity that ranks a feed. */
export const userAuthor = view({
  name: 'user-author',
  version: 1,
  about: "What a user does with an author's posts.",
  source: reactions,
  undone: undoneReactions,
  keySpace: 'user',
  key: (reaction, key) => reaction.userId !== null && key.id(reaction.userId) && key.id(reaction.authorId),
  ...ofReactions<Reaction>(),
  series: {
    views: { of: ['view'] },
    engagements: { of: POSITIVE },
    likes: { of: ['like'] },
    comments: { of: ['comment'] },
    shares: { of: ['share', 'save'] },
    looked: { of: LOOKING, weight: lookedMs, unit: 'ms' },
    negatives: { of: NEGATIVE },
    skips: { of: ['skip'] },
  },
  aggregates: [
    decayed(['engagements'], ENGAGEMENT_HALF_LIVES),
    decayed(['negatives'], NEGATIVE_HALF_LIVES),
    decayed(['views', 'looked'], [days(30)]),
    windows(['engagements'], WINDOWS),
    total(['views', 'engagements', 'likes', 'comments', 'shares', 'looked', 'negatives', 'skips'], {
      within: days(420),
    }),
    lastSeen(['engagements'], { finest: '1h' }),
    daysActive(['engagements'], days(30)),
    rate({ of: 'engagements', per: 'views', halfLife: days(30), priorSuccesses: 1, priorTrials: 20 }),
  ],
  timeToLive: days(420),
})
