import type { RankedContent } from '../processors/post-attributes.ts'
import type { IndexedPost } from '../processors/topics/post-entry.ts'
import type { UserId } from '../schemas/ids.ts'
import type { Verdict } from '../schemas/integrity/index.ts'

/** Why a post may be shown, strongest first: a post found in several ways is there for the first of them. */
export const SOURCES = [
  'comments',
  'mention',
  'friend',
  'follow',
  'group',
  'page',
  'carried',
  'touched',
  'trending',
  'retrieval',
] as const
export type Source = (typeof SOURCES)[number]

/**
 * Sources that ask for no tie. A post that they alone found is there for the strongest tie that holds all the same;
 * one of nobody and nothing that the viewer chose keeps such a source, and is out of network.
 */
export const OUT_OF_NETWORK: ReadonlySet<Source> = new Set(['carried', 'trending', 'retrieval'])

/** A post on its way through the pipeline. One object a post; what stages learn of it is written into it. */
export interface Candidate {
  readonly post: IndexedPost
  /** Why it is there: the strongest of `sources`, or a tie that holds where none of them asks for one. */
  source: Source
  /** Every source that found it: bit i stands for `SOURCES[i]`. */
  sources: number
  /** Comments by others since the viewer last saw the post, and how many of those by friends; 0 where none is known. */
  unseenComments: number
  unseenCommentsByFriends: number
  /** Who wrote those, friends first: at most `COMMENTERS_MAX`. */
  commenters: readonly UserId[]
  /** How many people did beside them. */
  otherCommenters: number
  /** The viewer saw the post before, as far as is remembered. */
  seen: boolean
  /** Earlier sessions that ranked it and passed it over, since one last showed it. */
  carriedTimes: number
  verdict: Verdict
  /** What a see-less on the author leaves of the post's value: 0 to 1, and 1 without one. */
  fatigue: number
  /** What ranking reads in the post as it is now; null until its content is read, which is done for those that pass 0 keeps. */
  content: RankedContent | null
  /** Cosine of what it is about and what the viewer likes, 0 where that is not known; null where it says nothing. */
  contentMatch: number | null
  /** What it is about: int8, in `contentVectors` from `contentStart` on; −1 where that is not read or it says nothing. */
  contentStart: number
  /** Holds those of all posts that were read at once. */
  contentVectors: Int8Array
  /** Pass 0: score and place, from 0; −1 before it ran. */
  lightScore: number
  lightRank: number
  /** Pass 1: expected value and place, from 0; −1 for what pass 0 dropped. */
  expectedValue: number
  heavyRank: number
  /** Row of the heavy matrix that holds its features and outputs; −1 without. */
  row: number
  /** Pass 2: value after multipliers and place in the whole order, from 0; −1 for what has none. */
  value: number
  rank: number
}

/** Commenters named on a candidate. */
export const COMMENTERS_MAX = 3

const NOBODY: readonly UserId[] = []
const NO_VECTORS = new Int8Array(0)
const BIT_OF: ReadonlyMap<Source, number> = new Map(SOURCES.map((source, bit) => [source, 1 << bit]))

/** The bit of `Candidate.sources` that stands for a source. */
export const bitOf = (source: Source): number => BIT_OF.get(source)!

export const isFoundBy = (candidate: Candidate, source: Source): boolean =>
  (candidate.sources & bitOf(source)) !== 0

/** The sources in such bits, strongest first. */
export const sourcesIn = (bits: number): Source[] => SOURCES.filter((source) => (bits & bitOf(source)) !== 0)

/** A post that a source found, with nothing known of it yet. */
export const candidateOf = (post: IndexedPost, source: Source): Candidate => ({
  post,
  source,
  sources: bitOf(source),
  unseenComments: 0,
  unseenCommentsByFriends: 0,
  commenters: NOBODY,
  otherCommenters: 0,
  seen: false,
  carriedTimes: 0,
  verdict: 'allow',
  fatigue: 1,
  content: null,
  contentMatch: null,
  contentStart: -1,
  contentVectors: NO_VECTORS,
  lightScore: 0,
  lightRank: -1,
  expectedValue: 0,
  heavyRank: -1,
  row: -1,
  value: 0,
  rank: -1,
})

/** Why a candidate was left out, in the order asked. */
export const REMOVALS = [
  'own',
  'future',
  'too-old',
  'kept-apart',
  'audience',
  'deleted',
  'hidden',
  'integrity',
  'seen',
  'fatigue',
  'passed',
] as const
export type Removal = (typeof REMOVALS)[number]
