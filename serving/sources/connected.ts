import { keyOf } from '../../engine/key.ts'
import type { Edge } from '../../processors/connections/index.ts'
import { type ContainerId, type Millis, millis, type UserId } from '../../schemas/ids.ts'
import type { Source } from '../candidate.ts'
import { SOURCE_MS } from '../pipeline/deadlines.ts'
import { always, type SourceStage } from '../pipeline/stage.ts'
import type { FeedQuery } from '../query.ts'
import { NEW_PER_SHELF_MAX, OLD_PER_SHELF_MAX, POST_AGE_MAX_MS } from '../quotas.ts'
import type { StateRows } from '../state-rows.ts'
import type { Viewer } from '../viewer.ts'
import { lastVisitEnd } from './last-visit.ts'
import { type ShelfBounds, ShelvesFinding } from './shelves.ts'

/** A source of the newest posts of some authors or containers. */
export interface ShelfSource {
  readonly source: Source
  readonly about: string
  readonly store: 'posts-by-author' | 'posts-by-container'
  /** Whose posts, at most the source's `SHELVES_MAX`. */
  readonly idsOf: (viewer: Viewer) => readonly string[]
}

/** One read for all shelves. */
export const shelfSource = (rows: StateRows, { source, about, store, idsOf }: ShelfSource): SourceStage => ({
  name: `source-${source}`,
  about,
  source,
  deadlineMs: SOURCE_MS,
  required: false,
  enable: always,
  async find(query, viewer) {
    const keys = idsOf(viewer).map((id) => keyOf(id))
    return new ShelvesFinding(source, await rows.readMany(store, keys), boundsOf(query, viewer), viewer)
  },
})

const boundsOf = ({ asOf }: FeedQuery, { lastLogin }: Viewer): ShelfBounds => ({
  upTo: asOf,
  after: millis(asOf - POST_AGE_MAX_MS),
  newSince: lastVisitEnd(lastLogin, asOf),
  newMax: NEW_PER_SHELF_MAX,
  oldMax: OLD_PER_SHELF_MAX,
})

const CLOSENESS_ORDER = { family: 0, close: 1, none: 2 } as const

/**
 * The ids of at most `idsMax` edges: of those touched last, then of the closest, then of the newest. None of people
 * whom the viewer is kept apart from.
 */
export const closest = (
  edges: ReadonlyMap<UserId, Edge<UserId>>,
  viewer: Viewer,
  idsMax: number,
): readonly UserId[] => {
  const ids = [...edges.keys()].filter((id) => !viewer.isKeptApart(id))
  if (ids.length <= idsMax) return ids
  const touchedAt = (id: UserId): Millis | 0 => viewer.touched.get(id)?.lastTouchAt ?? 0
  return firstOf(
    ids.map((id) => edges.get(id)!),
    (one, other) =>
      touchedAt(other.id) - touchedAt(one.id) ||
      CLOSENESS_ORDER[one.closeness] - CLOSENESS_ORDER[other.closeness] ||
      other.since - one.since,
    idsMax,
  )
}

/** The ids of at most `idsMax` edges: of the newest. */
export const newest = (
  edges: ReadonlyMap<ContainerId, Edge<ContainerId>>,
  idsMax: number,
): readonly ContainerId[] =>
  edges.size <= idsMax
    ? [...edges.keys()]
    : firstOf([...edges.values()], (one, other) => other.since - one.since, idsMax)

const firstOf = <Id>(
  edges: Edge<Id>[],
  order: (one: Edge<Id>, other: Edge<Id>) => number,
  idsMax: number,
): Id[] =>
  edges
    .sort(order)
    .slice(0, idsMax)
    .map(({ id }) => id)
