import { integer, number } from '../declare/numbers.ts'
import { bytes, list } from '../declare/composites.ts'
import { field, optional, record } from '../declare/record.ts'
import { country, id, label, language } from '../declare/text.ts'
import { at } from '../fields.ts'
import type { PostId, RequestId, UserId } from '../ids.ts'

/** Largest slate that is logged. */
export const CANDIDATES_MAX = 512
/** 4,096 features of 4 bytes. */
export const FEATURES_BYTES_MAX = 16_384
export const POSITION_MAX = 9_999

export const candidateV1 = record('Candidate', 'A post of a slate, as it was ranked.', {
  postId: field(id<PostId>(), 'The post.'),
  authorId: field(id<UserId>(), 'Who wrote it.'),
  position: field(integer(0, POSITION_MAX), 'Place in the feed, from 0.'),
  score: field(number(), 'The score it was ranked by.'),
  propensity: field(number(0, 1), 'Probability that it was shown at this place; 1 where nothing was random.'),
  features: field(
    bytes(FEATURES_BYTES_MAX),
    'The features as served: float32, little endian, in the order of the columns.',
  ),
})

export const impressionV1 = record(
  'Impression',
  'A feed that was served, with everything it was ranked by.',
  {
    requestId: field(id<RequestId>(), 'The feed request.'),
    userId: field(id<UserId>(), 'Who it was served to.'),
    at,
    surface: optional(label(), 'Where in the app.'),
    device: optional(label(), 'On what kind of device.'),
    country: optional(country(), 'Where the viewer was.'),
    language: optional(language(), "The viewer's language."),
    modelVersion: field(label(), 'The model that ranked it.'),
    configVersion: field(label(), 'The configuration that it was ranked under.'),
    columnsHash: field(label(), 'Names the feature columns and their order.'),
    candidates: field(list(candidateV1, CANDIDATES_MAX), 'What was served, in order.'),
  },
)
