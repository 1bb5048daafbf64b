import type { KeyList } from '../../features/store/key-list.ts'
import { dayOf } from '../../processors/views/author-by-day.ts'
import type { FeedQuery } from '../query.ts'
import type { Viewer } from '../viewer.ts'

/** What of a candidate decides which row of a view is its own; `viewer` is the same row for all. */
export const SCOPES = ['viewer', 'post', 'author', 'kind', 'container', 'hashtag'] as const
export type Scope = (typeof SCOPES)[number]

/** How a row of a view is found for a candidate. */
export interface ViewKey {
  readonly scope: Scope
  /** Adds the key for one id of the scope. */
  readonly add: (keys: KeyList, id: string, request: RowRequest) => void
  /** Whether there is a row to ask for at all; all where absent. */
  readonly applies?: (request: RowRequest) => boolean
}

/** Who asks and when: the rest of every key. */
export interface RowRequest {
  readonly query: FeedQuery
  readonly viewer: Viewer
}

const countryOf = ({ viewer }: RowRequest): string | null => viewer.profile?.country ?? null

/** The views of the ranking row by name. A view without an entry here cannot be served. */
export const VIEW_KEYS: Readonly<Record<string, ViewKey>> = {
  'user-author': {
    scope: 'author',
    add: (keys, id, { viewer }) => keys.addPair(viewer.userId, id),
  },
  post: { scope: 'post', add: (keys, id) => keys.add(id) },
  author: { scope: 'author', add: (keys, id) => keys.add(id) },
  user: { scope: 'viewer', add: (keys, id) => keys.add(id) },
  'user-kind': {
    scope: 'kind',
    add: (keys, id, { viewer }) => keys.addPair(viewer.userId, id),
  },
  'user-container': {
    scope: 'container',
    add: (keys, id, { viewer }) => keys.addPair(viewer.userId, id),
  },
  'user-hashtag': {
    scope: 'hashtag',
    add: (keys, id, { viewer }) => keys.addPair(viewer.userId, id),
  },
  hashtag: { scope: 'hashtag', add: (keys, id) => keys.add(id) },
  'post-country': {
    scope: 'post',
    add: (keys, id, request) => keys.addPair(id, countryOf(request)!),
    applies: (request) => countryOf(request) !== null,
  },
  'author-by-day': {
    scope: 'author',
    add: (keys, id, { query }) => keys.addPair(id, dayOf(query.asOf)),
  },
}
