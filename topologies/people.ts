import { compose, node, topology } from '../engine/topology.ts'
import { carriedPosts } from '../processors/carried-posts.ts'
import { connections } from '../processors/connections/index.ts'
import { followers } from '../processors/followers.ts'
import { hiddenPosts } from '../processors/hidden-posts.ts'
import { profiles } from '../processors/profiles.ts'
import { seeLess } from '../processors/see-less.ts'
import { seen } from '../processors/seen.ts'
import { seenFilter } from '../processors/seen-filter.ts'
import { watchedPosts } from '../processors/watched-posts.ts'
import { reactions } from './reactions.ts'

const stores = topology(
  'people',
  'Who people are and know, what they have seen and what they want no more of.',
  [
    node(connections),
    node(followers),
    node(profiles),
    node(seen),
    node(seenFilter),
    node(watchedPosts),
    node(hiddenPosts),
    node(seeLess),
    node(carriedPosts),
  ],
)

/** Who people are and know, what they have seen, and what they want no more of. */
export const people = compose(stores.name, stores.about, [reactions, stores])
