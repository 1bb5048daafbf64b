import { TIE } from '../society/ties.ts'
import type { World } from '../world.ts'

/** Posts looked through for one feed, newest first. */
const SCANNED_MAX = 2_000
/** Share of a history's feed that strangers' posts may fill. */
const STRANGERS_SHARE = 0.3

/**
 * What people look at in a history, before there is anyone to rank for them: the newest posts that they have not
 * seen of whom and what they are tied to, and of strangers to fill up. From the opened viewer's standpoint.
 */
export const chronologicalFeed = (world: World, limit: number): readonly number[] => {
  const { posts, standpoint } = world
  const strangersMax = Math.ceil(limit * STRANGERS_SHARE)
  const feed: number[] = []
  const strangers: number[] = []
  const last = Math.max(0, posts.count - SCANNED_MAX)
  for (let post = posts.count - 1; post >= last && feed.length < limit; post--) {
    if (world.hasSeen(post) || !world.maySee(post)) continue
    if (posts.container[post] !== -1 || standpoint.ties[posts.author[post]!] !== TIE.stranger) feed.push(post)
    else if (strangers.length < strangersMax) strangers.push(post)
  }
  return [...feed, ...strangers].slice(0, limit)
}
