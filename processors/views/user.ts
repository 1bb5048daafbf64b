import { daysActive, decayed, lastSeen, total } from '../../features/aggregates.ts'
import { days } from '../../features/durations.ts'
import { view } from '../../features/view.ts'
import type { Reaction } from '../../schemas/reactions/index.ts'
import { ERASURE_MEMORY_MS } from '../erasure.ts'
import { undoneReactions } from '../given-reactions.ts'
import { erasures, reactions } from '../topics.ts'
import { LOOKING, lookedMs, NEGATIVE, ofReactions, POSITIVE } from './reaction-series.ts'

/** How much a user does at all: tells passive viewers from active ones. */
export const user = view({
  name: 'user',
  version: 1,
  about: 'How much a user does.',
  source: reactions,
  undone: undoneReactions,
  keySpace: 'user',
  key: (reaction, key) => reaction.userId !== null && key.id(reaction.userId),
  erasedBy: { topic: erasures, rememberedMs: ERASURE_MEMORY_MS },
  ...ofReactions<Reaction>(),
  series: {
    views: { of: ['view'] },
    engagements: { of: POSITIVE },
    looked: { of: LOOKING, weight: lookedMs, unit: 'ms' },
    negatives: { of: NEGATIVE },
  },
  aggregates: [
    decayed(['views', 'engagements'], [days(1), days(30)]),
    decayed(['looked', 'negatives'], [days(30)]),
    total(['views', 'engagements', 'looked', 'negatives']),
    lastSeen(['engagements'], { finest: '1d' }),
    daysActive(['engagements'], days(30)),
  ],
  timeToLive: days(420),
})
