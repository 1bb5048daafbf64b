import type { IndexedPost } from '../../processors/topics/post-entry.ts'

/** Why a post may be shown, strongest first: a post found in several ways is there for the first of them. */
export const SOURCES = ['friend', 'follow', 'group', 'page', 'touched-author', 'trending'] as const
export type Source = (typeof SOURCES)[number]

/** A post that may be ranked. */
export interface Candidate {
  readonly post: IndexedPost
  readonly source: Source
}

/** Why a candidate was left out, in the order asked. */
export const REMOVALS = ['own', 'future', 'kept-apart', 'audience', 'integrity', 'seen', 'deleted'] as const
export type Removal = (typeof REMOVALS)[number]

export type Counts<Name extends string> = Record<Name, number>

export const zeros = <Name extends string>(names: readonly Name[]): Counts<Name> => {
  const counts: Partial<Counts<Name>> = {}
  for (const name of names) counts[name] = 0
  return counts as Counts<Name>
}
