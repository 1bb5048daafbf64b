import { decayed, lastSeen, total } from '../../features/aggregates.ts'
import { days } from '../../features/durations.ts'
import { view } from '../../features/view.ts'
import type { ContainerId, PostId } from '../../schemas/ids.ts'
import type { JoinedReaction } from '../post-join.ts'
import { joinedReactions } from './joined-reactions.ts'
import { NEGATIVE, ofReactions, POSITIVE } from './reaction-series.ts'

/** The container that a post is read with: its own, or, where it has none, the thread that hangs on the post itself. */
export const containerOf = (post: {
  readonly postId: PostId
  readonly containerId: ContainerId | null
}): ContainerId | PostId => post.containerId ?? post.postId

/**
 * Where a reaction counts. To a post within a group, page or thread: there. To a post within none only a
 * comment counts, for who comments on a post takes part in its thread, and replies name that post as their
 * container. Other reactions to it would make a row for each pair of user and post, and say nothing of others.
 */
const countedIn = ({ kind, postId, containerId }: JoinedReaction): ContainerId | PostId | null =>
  kind === 'comment' ? containerOf({ postId, containerId }) : containerId

/** What a user does with posts of one group, page or thread. */
export const userContainer = view({
  name: 'user-container',
  version: 1,
  about: 'What a user does with posts of one group, page or thread.',
  source: joinedReactions,
  keySpace: 'user',
  key: (joined, key) => {
    const container = countedIn(joined)
    return joined.userId !== null && container !== null && key.id(joined.userId) && key.id(container)
  },
  ...ofReactions<JoinedReaction>(),
  series: {
    views: { of: ['view'] },
    engagements: { of: POSITIVE },
    negatives: { of: NEGATIVE },
  },
  aggregates: [
    decayed(['engagements'], [days(1), days(30)]),
    decayed(['views', 'negatives'], [days(30)]),
    total(['views', 'engagements', 'negatives'], { within: days(180) }),
    lastSeen(['engagements'], { finest: '1h' }),
  ],
  timeToLive: days(180),
})
