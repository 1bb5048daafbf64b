import type { Millis, RequestId } from '../../schemas/ids.ts'
import {
  type Candidate as LoggedCandidate,
  type CarriedPost,
  CARRIED_MAX,
  type Impression,
} from '../../schemas/impressions/index.ts'
import type { FeedQuery } from '../query.ts'
import { tasteVectorOf } from '../retrieval/viewer-side.ts'
import type { Shown } from '../selector/page.ts'
import type { RankedItem } from '../sessions/ranked-items.ts'
import type { Session } from '../sessions/session.ts'

/** A page that was answered. */
export interface ServedPage {
  readonly requestId: RequestId
  readonly session: Session
  /** The request for the page, which may be a later one than that of the session. */
  readonly query: FeedQuery
  readonly shown: readonly Shown[]
  /** Place in the feed of the first post. */
  readonly position: number
  /** Where in the session's order the page ends. */
  readonly end: number
}

/** The impression of a page. Places and scores are the session's: pages share one ranking. */
export const impressionOf = (page: ServedPage): Impression => {
  const { session, query, requestId } = page
  const { profile } = session
  const { heavy, light } = session.models
  return {
    requestId,
    userId: query.userId,
    at: query.asOf,
    surface: query.surface,
    device: query.device,
    country: profile?.country ?? null,
    language: profile?.language ?? null,
    modelVersion: heavy.version,
    configVersion: session.configuration.version,
    columnsHash: heavy.columnsHash,
    candidates: page.shown.map((shown, place) => candidateOf(shown, page.position + place, session)),
    featuresEncoding: 'packed',
    featuresAsOf: featuresAsOf(session),
    sessionId: session.id,
    lightModelVersion: light.version,
    experiment: session.experiment,
    headNames: session.headNames,
    ruleNames: session.configuration.rules.map(({ name }) => name),
    carried: carriedOf(session, page.end),
    tasteVector: tasteVectorOf(session),
    retrievalModelVersion: session.retrievalVersion,
  }
}

const featuresAsOf = ({ query }: Session): Millis => query.asOf

const candidateOf = (shown: Shown, position: number, session: Session): LoggedCandidate => ({
  ...loggedOf(shown.candidate, position, session),
  ...itemOf(shown),
})

type Item = Pick<LoggedCandidate, 'language' | 'kind'>
const NO_ITEM: Item = { language: null, kind: null }

/** What retrieval could know of the post: only of what it may find, for from that the towers learn. */
const itemOf = ({ attributes: { content } }: Shown): Item =>
  content?.audience === 'public' ? { language: content.language, kind: content.kind } : NO_ITEM

const loggedOf = (
  candidate: RankedItem,
  position: number,
  session: Session,
): Omit<LoggedCandidate, keyof Item> => ({
  postId: candidate.post.postId,
  authorId: candidate.post.authorId,
  position,
  score: candidate.value,
  propensity: session.propensityOf(candidate.index),
  features: session.featuresOf(candidate.index),
  contentVector: session.contentVectorOf(candidate.index),
  source: candidate.source,
  lightScore: candidate.lightScore,
  lightRank: candidate.lightRank,
  expectedValue: candidate.expectedValue,
  heavyRank: candidate.heavyRank,
  heads: session.headsOf(candidate.index),
  multipliers: session.factorsOf(candidate.index),
  containerId: candidate.containerId,
  hashtags: candidate.hashtags,
})

const carriedOf = ({ items }: Session, end: number): CarriedPost[] =>
  items
    .slice(end, end + CARRIED_MAX)
    .map(({ post: { postId }, value }) => ({ postId, score: Math.fround(value) }))
