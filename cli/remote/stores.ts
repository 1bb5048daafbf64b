import { isProcessor, keySpaceOf, type Topology } from '../../engine/topology.ts'
import type { ViewRows } from '../../features/view.ts'
import { DAY_MS } from '../../schemas/ids.ts'
import { COMMENTED_AGE_MAX_MS } from '../../serving/quotas.ts'
import { views } from '../../topologies/index.ts'

/** Kept by processors for themselves, and read by nobody else: not worth a copy. */
const PROCESSING_ONLY = new Set([
  'experiment-slates',
  'experiment-users',
  'given-reactions',
  'hashtag-words',
  'label-index',
  'label-join',
  'label-slates',
  'post-join',
  'reaction-routing',
])

/** Views with a row for each user and something else: too many to keep near. */
const PAIRS = new Set(['user-author', 'user-kind', 'user-container', 'user-hashtag'])

/** Rows of a user that others' feeds read too. */
const SHARED_OF_USERS = new Set(['followers', 'profiles'])

/**
 * What is kept of posts, and of what users did with each, is of use while a source may give the post: until it is 90
 * days old. The rest is for clocks, and for who asks why an older one was not shown.
 */
const POST_ROWS_MS = COMMENTED_AGE_MAX_MS + 30 * DAY_MS
/** What is known of a user's taste fades: by then nothing of it is left. */
const TASTE_MS = 420 * DAY_MS

/**
 * How long Redis keeps rows after their last change, beside those of views, which say it themselves. A row that is not
 * there must read as nothing that matters: a post as deleted, a comment as not made, a post as not seen that is too old
 * to be shown. What forbids something, or is told by nothing else, stays: `connections` (users, and the ties of each),
 * `hidden-posts` and `see-less` (users, and the newest 1,024 and 256 of each), `followers` and `profiles` (users),
 * `experiment-totals` (arms of experiments), and what moderation forbids (see `isLastingRow`).
 */
const TIMES_TO_LIVE_MS: Readonly<Record<string, number>> = {
  'post-attributes': POST_ROWS_MS,
  comments: POST_ROWS_MS,
  integrity: POST_ROWS_MS,
  'posts-by-author': POST_ROWS_MS,
  'posts-by-container': POST_ROWS_MS,
  'posts-by-hashtag': POST_ROWS_MS,
  'posts-by-hour': POST_ROWS_MS,
  mentions: POST_ROWS_MS,
  'carried-posts': POST_ROWS_MS,
  'watched-posts': POST_ROWS_MS,
  seen: POST_ROWS_MS,
  'seen-filter': POST_ROWS_MS,
  'touched-authors': TASTE_MS,
  'user-taste': TASTE_MS,
}

/** How serving processes use the stores of a topology. */
export class ServedStores {
  /** By name: the key space that it is partitioned by. */
  private readonly spaces: ReadonlyMap<string, string>

  constructor(topology: Topology) {
    this.spaces = new Map(
      topology.nodes
        .filter(isProcessor)
        .filter(({ name }) => !PROCESSING_ONLY.has(name))
        .map((node) => [node.name, keySpaceOf(node)]),
    )
  }

  names(): string[] {
    return [...this.spaces.keys()].sort()
  }

  /** Those of a key space. */
  namesOf = (keySpace: string): readonly string[] =>
    this.names().filter((name) => this.spaces.get(name) === keySpace)

  /** Its rows go to Redis. */
  has = (store: string): boolean => this.spaces.has(store)

  /** Many feeds read the same rows of it. */
  isShared = (store: string): boolean =>
    SHARED_OF_USERS.has(store) || (this.has(store) && this.spaces.get(store) !== 'user')

  /** Its rows are kept near, if only for when Redis does not answer. */
  isKept = (store: string): boolean => this.has(store) && !PAIRS.has(store)

  /** How long Redis keeps a row after its last change; for ever where that is undefined. */
  timeToLiveMs = (store: string): number | undefined => {
    const view: ViewRows | undefined = views.get(store)
    return view?.timeToLiveMs ?? TIMES_TO_LIVE_MS[store]
  }
}
