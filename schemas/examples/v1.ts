import { integer, number } from '../declare/numbers.ts'
import { bytes, list, oneOf } from '../declare/composites.ts'
import { field, listOrEmpty, optional, record } from '../declare/record.ts'
import { time } from '../declare/numbers.ts'
import { label, id } from '../declare/text.ts'
import type { ValueOf } from '../declare/kind.ts'
import { at } from '../fields.ts'
import type { PostId, RequestId, UserId } from '../ids.ts'
import { FEATURES_BYTES_MAX, POSITION_MAX } from '../impressions/v1.ts'
import { REACTION_KINDS, REACTION_VALUE_MAX } from '../reactions/v1.ts'

export const EXAMPLE_PHASES = ['settled', 'late'] as const
export type ExamplePhase = (typeof EXAMPLE_PHASES)[number]

/** Reactions to one post in one impression: a few of each kind. */
export const LABELS_MAX = 256

export const reactionKind = oneOf('ReactionKind', REACTION_KINDS)

export const exampleLabelV1 = record('ExampleLabel', 'A reaction that followed the impression.', {
  label: field(reactionKind, 'What was done.'),
  at: field(time(), 'When.'),
  value: optional(number(0, REACTION_VALUE_MAX), 'Milliseconds for dwell and watch.'),
})
export type ExampleLabel = ValueOf<typeof exampleLabelV1>

export const exampleV1 = record(
  'Example',
  'A post that was shown, with its features as served and the labels that followed.',
  {
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
    features: field(
      bytes(FEATURES_BYTES_MAX),
      'The features as served: float32, little endian, in the order of the columns.',
    ),
    phase: field(
      oneOf('ExamplePhase', EXAMPLE_PHASES),
      'settled: the windows of settledLabels are over; late: carries what came in longer windows.',
    ),
    labels: listOrEmpty(list(exampleLabelV1, LABELS_MAX), 'The reactions that followed, in order of time.'),
    settledLabels: listOrEmpty(
      list(reactionKind, REACTION_KINDS.length),
      'Kinds whose window is over: one of these that is not in labels did not happen.',
    ),
  },
)
