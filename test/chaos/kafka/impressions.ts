import { enveloped } from '../../../bench/engine-load.ts'
import type { Envelope } from '../../../schemas/envelope.ts'
import { impressions } from '../../../schemas/impressions/index.ts'
import type { RecordedFeed } from '../../world/recorder.ts'

const FEATURES = Buffer.from(Float32Array.of(1, 0.5, 0).buffer).toString('base64')
const RANKED_BY = { modelVersion: 'chaos', configVersion: 'chaos', columnsHash: 'chaos' }

/** A feed as a serving process logs it, so that what its viewer makes of it becomes examples. */
export const impressionOf = ({ requestId, userId, at, items }: RecordedFeed): Envelope => {
  const candidates = items.map(({ postId, authorId, position }) => ({
    postId,
    authorId,
    position,
    score: 1 / (1 + position),
    propensity: 1,
    features: FEATURES,
  }))
  return enveloped(impressions, impressions.fromJson({ requestId, userId, at, ...RANKED_BY, candidates }))
}
