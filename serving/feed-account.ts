import { type Removal, REMOVALS, type Source, SOURCES } from './candidate.ts'
import type { RankedFeed } from './feed-pipeline.ts'
import type { Degraded } from './pipeline/run.ts'

export type Counts<Name extends string> = Record<Name, number>

/** How a feed came about, in numbers: the same for all its pages. */
export interface FeedAccount {
  readonly candidates: {
    readonly found: number
    readonly eligible: number
    readonly pass0: number
    readonly pass1: number
  }
  /** Eligible posts by the source that they are there by. */
  readonly sources: Counts<Source>
  readonly removed: Counts<Removal>
  readonly degraded: readonly Degraded[]
}

export const zeros = <Name extends string>(names: readonly Name[]): Counts<Name> => {
  const counts: Partial<Counts<Name>> = {}
  for (const name of names) counts[name] = 0
  return counts as Counts<Name>
}

export const accountOf = (feed: RankedFeed): FeedAccount => {
  const sources = zeros(SOURCES)
  for (const { source } of feed.eligible) sources[source]++
  let scored = 0
  for (const { heavyRank } of feed.survivors) if (heavyRank >= 0) scored++
  return {
    candidates: {
      found: feed.found.length,
      eligible: feed.eligible.length,
      pass0: feed.survivors.length,
      pass1: scored,
    },
    sources,
    removed: counted(zeros(REMOVALS), feed.removed),
    degraded: feed.degraded,
  }
}

/** Adds removals to counts, which it answers. */
export const counted = (
  counts: Counts<Removal>,
  removed: readonly { readonly removal: Removal }[],
): Counts<Removal> => {
  for (const { removal } of removed) counts[removal]++
  return counts
}
