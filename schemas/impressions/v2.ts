import { bytes, list, oneOf } from '../declare/composites.ts'
import { float, integer, number, time } from '../declare/numbers.ts'
import { defaulted, field, listOrEmpty, optional, record } from '../declare/record.ts'
import { country, id, label, language } from '../declare/text.ts'
import type { ValueOf } from '../declare/kind.ts'
import { at } from '../fields.ts'
import type { PostId, RequestId, UserId } from '../ids.ts'
import { CANDIDATES_MAX, FEATURES_BYTES_MAX, POSITION_MAX } from './v1.ts'

/** How feature bytes are laid out: plain float32s, or the non-zero ones alone (see packed-features.ts). */
export const FEATURE_ENCODINGS = ['float32', 'packed'] as const
export type FeatureEncoding = (typeof FEATURE_ENCODINGS)[number]

/** Posts that were ranked and not shown, as far as they are worth another look. */
export const CARRIED_MAX = 200
export const HEADS_MAX = 64
export const RULES_MAX = 64

/** The rank of what a pass did not rank. */
export const NO_RANK = -1

export const featureEncoding = oneOf('FeatureEncoding', FEATURE_ENCODINGS)

export const candidateFieldsV2 = {
  postId: field(id<PostId>(), 'The post.'),
  authorId: field(id<UserId>(), 'Who wrote it.'),
  position: field(integer(0, POSITION_MAX), 'Place in the feed, from 0.'),
  score: field(number(), 'The score it was ranked by.'),
  propensity: field(number(0, 1), 'Probability that it was shown at this place; 1 where nothing was random.'),
  features: field(bytes(FEATURES_BYTES_MAX), 'The features as served, laid out as featuresEncoding says.'),
  source: defaulted(label(), 'unknown', 'Why it was found: the strongest of its sources.'),
  lightScore: defaulted(number(), 0, 'What pass 0 gave it.'),
  lightRank: defaulted(integer(NO_RANK, POSITION_MAX), NO_RANK, 'Its place after pass 0; -1 without.'),
  expectedValue: defaulted(number(), 0, 'What pass 1 gave it, before the rules of pass 2.'),
  heavyRank: defaulted(integer(NO_RANK, POSITION_MAX), NO_RANK, 'Its place after pass 1; -1 without.'),
  heads: listOrEmpty(list(float(), HEADS_MAX), 'What each head foresaw, in the order of headNames.'),
  multipliers: listOrEmpty(list(float(), RULES_MAX), 'What each rule did, in the order of ruleNames.'),
}
const candidateV2 = record('Candidate', 'A post of a slate, as it was ranked.', candidateFieldsV2)

export const carriedPostV2 = record('CarriedPost', 'A post that was ranked and not shown.', {
  postId: field(id<PostId>(), 'The post.'),
  score: field(float(), 'The score it was ranked by.'),
})
export type CarriedPost = ValueOf<typeof carriedPostV2>

export const impressionFieldsV2 = {
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
  candidates: field(list(candidateV2, CANDIDATES_MAX), 'What was served, in order.'),
  featuresEncoding: defaulted(featureEncoding, 'float32', 'How the features of all candidates are laid out.'),
  featuresAsOf: optional(
    time(),
    'The time that features were read as of; the time of the feed where absent.',
  ),
  sessionId: optional(id(), 'The ranking that this is a page of; pages of one session share their scores.'),
  lightModelVersion: optional(label(), 'The model of pass 0.'),
  experiment: optional(label(), 'The experiment that it was served under.'),
  headNames: listOrEmpty(
    list(label(), HEADS_MAX),
    "The heads of the model, in the order of the candidates' heads.",
  ),
  ruleNames: listOrEmpty(
    list(label(), RULES_MAX),
    "The rules of pass 2, in the order of the candidates' multipliers.",
  ),
  carried: listOrEmpty(
    list(carriedPostV2, CARRIED_MAX),
    'The best that was ranked in this session and not shown up to this page, best first.',
  ),
}

export const impressionV2 = record(
  'Impression',
  'A feed that was served, with everything it was ranked by.',
  impressionFieldsV2,
)
