import { node, topology } from '../engine/topology.ts'
import { connections } from '../processors/connections/index.ts'
import { followers } from '../processors/followers.ts'
import { profiles } from '../processors/profiles.ts'
import { seen } from '../processors/seen.ts'
import { seenFilter } from '../processors/seen-filter.ts'
import { watchedPosts } from '../processors/watched-posts.ts'

/** Who people are and know, and what they have seen. */
export const people = topology('people', 'Who people are and know, and what they have seen.', [
  node(connections),
  node(followers),
  node(profiles),
  node(seen),
  node(seenFilter),
  node(watchedPosts),
])
