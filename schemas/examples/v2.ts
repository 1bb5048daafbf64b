import { integer, number } from '../declare/numbers.ts'
import { bytes, list, oneOf } from '../declare/composites.ts'
import { defaulted, field, listOrEmpty, record } from '../declare/record.ts'
import { label, id } from '../declare/text.ts'
import { at } from '../fields.ts'
import type { PostId, RequestId, UserId } from '../ids.ts'
import { FEATURES_BYTES_MAX, POSITION_MAX } from '../impressions/v1.ts'
import { featureEncoding } from '../impressions/v2.ts'
import { REACTION_KINDS } from '../reactions/v1.ts'
import { EXAMPLE_PHASES, exampleLabelV1, LABELS_MAX, reactionKind } from './v1.ts'

export const exampleFieldsV2 = {
  exampleId: field(label(), 'Identity of the example; a late one has an identity of its own.'),
  requestId: field(id<RequestId>(), 'The feed request that showed the post.'),
  userId: field(id<UserId>(), 'The viewer.'),
  postId: field(id<PostId>(), 'The post.'),
  authorId: field(id<UserId>(), 'Who wrote it.'),
  position: field(integer(0, POSITION_MAX), 'Place in the feed, from 0.'),
  at,
  propensity: field(number(0, 1), 'Probability that it was shown at this place.'),
  modelVersion: field(label(), 'The model that ranked it.'),
  configVersion: field(label(), 'The configuration that it was ranked under.'),
  columnsHash: field(label(), 'Names the feature columns and their order.'),
  features: field(bytes(FEATURES_BYTES_MAX), 'The features as served, laid out as featuresEncoding says.'),
  phase: field(
    oneOf('ExamplePhase', EXAMPLE_PHASES),
    'settled: the windows of settledLabels are over; late: carries what came in longer windows.',
  ),
  labels: listOrEmpty(list(exampleLabelV1, LABELS_MAX), 'The reactions that followed, in order of time.'),
  settledLabels: listOrEmpty(
    list(reactionKind, REACTION_KINDS.length),
    'Kinds whose window is over: one of these that is not in labels did not happen.',
  ),
  featuresEncoding: defaulted(featureEncoding, 'float32', 'How the features are laid out.'),
  source: defaulted(label(), 'unknown', 'Why the post was found.'),
}

export const exampleV2 = record(
  'Example',
  'A post that was shown, with its features as served and the labels that followed.',
  exampleFieldsV2,
)
