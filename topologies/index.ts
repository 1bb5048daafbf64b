import { compose, type Topology } from '../engine/topology.ts'
import type { ViewRows } from '../features/view.ts'
import { author } from '../processors/views/author.ts'
import { authorByDay } from '../processors/views/author-by-day.ts'
import { hashtag } from '../processors/views/hashtag.ts'
import { post } from '../processors/views/post.ts'
import { postCountry } from '../processors/views/post-country.ts'
import { user } from '../processors/views/user.ts'
import { userAuthor } from '../processors/views/user-author.ts'
import { userContainer } from '../processors/views/user-container.ts'
import { userHashtag } from '../processors/views/user-hashtag.ts'
import { userKind } from '../processors/views/user-kind.ts'
import { affinity } from './affinity.ts'
import { experiments } from './experiments.ts'
import { learning } from './learning.ts'
import { people } from './people.ts'
import { popularity } from './popularity.ts'
import { posts } from './posts.ts'
import { reactions } from './reactions.ts'
import { tastes } from './tastes.ts'

/** Each topology by itself; all of them run as `everything`. */
export const topologies: readonly Topology[] = [
  reactions,
  affinity,
  tastes,
  popularity,
  posts,
  people,
  learning,
  experiments,
]

/** What `freshet up` runs. */
export const everything = compose('everything', 'All that Freshet keeps of posts and people.', topologies)

/** Every feature view, by name. */
export const views: ReadonlyMap<string, ViewRows> = new Map(
  [
    userAuthor,
    userKind,
    userContainer,
    userHashtag,
    user,
    post,
    postCountry,
    author,
    authorByDay,
    hashtag,
  ].map((view) => [view.name, view]),
)
