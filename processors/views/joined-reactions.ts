import type { EventSource } from '../../features/declaration.ts'
import type { JoinedReaction } from '../post-join.ts'
import { GRACE_MS } from '../topics.ts'

/** Reactions as the join of posts finds them: sent on by hand, never written as they are. */
export const joinedReactions: EventSource<JoinedReaction> = {
  keySpace: 'post',
  graceMs: GRACE_MS,
  time: (joined) => joined.at,
}

/** A joined reaction beside one of its post's hashtags; reused from hashtag to hashtag. */
export interface TaggedReaction {
  joined: JoinedReaction
  hashtag: string
}

export const taggedReactions: EventSource<TaggedReaction> = {
  keySpace: 'post',
  graceMs: GRACE_MS,
  time: (tagged) => tagged.joined.at,
}
