import type { PostId, RequestId } from '../../schemas/ids.ts'
import { unpackFeatures } from '../../schemas/impressions/packed-features.ts'
import { traceOf } from '../feed-items.ts'
import type { FeedService } from '../feed-service.ts'
import type { ExplainAnswer } from '../http/explain-schemas.ts'
import type { Session } from '../sessions/session.ts'
import type { Explainer } from './explainer.ts'

export interface TracedParts {
  readonly feeds: FeedService
  readonly explainer: Explainer
}

/**
 * Why a post was shown or not, with its score and features while the feed's pages are kept. Throws
 * `REQUEST_UNKNOWN`, and what reading rows throws.
 */
export const explainTraced = async (
  { feeds, explainer }: TracedParts,
  requestId: RequestId,
  postId: PostId,
): Promise<ExplainAnswer> => {
  const explanation = await explainer.explain(requestId, postId)
  const place = feeds.placeOf(requestId, postId)
  if (place === null) return explanation
  const { session, index } = place
  return {
    ...explanation,
    trace: traceOf(session, session.items.at(index)),
    features: featuresOf(session, index),
  }
}

const featuresOf = (session: Session, index: number): Record<string, number> => {
  const packed = session.featuresOf(index)
  const features: Record<string, number> = {}
  if (packed.length === 0) return features
  for (const [column, value] of unpackFeatures(packed).entries()) {
    if (value !== 0) features[session.models.heavy.columns[column]!] = value
  }
  return features
}
