import { decayed, rate, total, windows } from '../../features/aggregates.ts'
import { days, hours, POPULARITY_HALF_LIVES } from '../../features/durations.ts'
import { view } from '../../features/view.ts'
import type { Reaction } from '../../schemas/reactions/index.ts'
import { undoneReactions } from '../given-reactions.ts'
import { reactions } from '../topics.ts'
import { LOOKING, lookedMs, NEGATIVE, ofReactions, POSITIVE } from './reaction-series.ts'

/** How a post fares with everyone, people not known included. */
export const post = view({
  name: 'post',
  version: 1,
  about: 'How a post fares with everyone.',
  source: reactions,
  undone: undoneReactions,
  keySpace: 'post',
  key: (reaction, key) => key.id(reaction.postId),
  ...ofReactions<Reaction>(),
  series: {
    views: { of: ['view'] },
    engagements: { of: POSITIVE },
    clicks: { of: ['click'] },
    likes: { of: ['like'] },
    comments: { of: ['comment'] },
    shares: { of: ['share'] },
    saves: { of: ['save'] },
    looked: { of: LOOKING, weight: lookedMs, unit: 'ms' },
    negatives: { of: NEGATIVE },
    skips: { of: ['skip'] },
  },
  aggregates: [
    decayed(['views', 'engagements'], POPULARITY_HALF_LIVES),
    decayed(['engagements'], [days(3)]),
    decayed(['negatives'], [hours(24)]),
    windows(['engagements'], [hours(1), hours(24)]),
    total([
      'views',
      'engagements',
      'clicks',
      'likes',
      'comments',
      'shares',
      'saves',
      'looked',
      'negatives',
      'skips',
    ]),
    rate({ of: 'engagements', per: 'views', halfLife: hours(24), priorSuccesses: 1, priorTrials: 20 }),
    rate({ of: 'negatives', per: 'views', halfLife: hours(24), priorSuccesses: 0.1, priorTrials: 100 }),
  ],
  timeToLive: days(420),
})
