import { bytes, list, oneOf } from '../declare/composites.ts'
import { field, optional, record } from '../declare/record.ts'
import { language } from '../declare/text.ts'
import type { ValueOf } from '../declare/kind.ts'
import { POST_KINDS } from '../posts/kinds.ts'
import { CANDIDATES_MAX } from './v1.ts'
import { impressionFieldsV2 } from './v2.ts'
import { candidateFieldsV3 } from './v3.ts'

/** What a post or a taste is about, as a direction: int8. */
export const CONTENT_VECTOR_BYTES_MAX = 64

/** What ranking and retrieval read of a post, and of a viewer: null where nothing is known, or was not logged. */
export const contentVector = optional(
  bytes(CONTENT_VECTOR_BYTES_MAX),
  'What the post was about when it was ranked: int8, a direction.',
)
export const postLanguage = optional(language(), 'The language of the post, of public posts alone.')
export const postKind = optional(
  oneOf('PostKind', POST_KINDS),
  'What the post is made of, of public posts alone.',
)
export const tasteVector = optional(
  bytes(CONTENT_VECTOR_BYTES_MAX),
  'What the viewer took to, or said they do, when the feed was ranked: int8, a direction.',
)

export const candidateV4 = record('Candidate', 'A post of a slate, as it was ranked.', {
  ...candidateFieldsV3,
  contentVector,
  language: postLanguage,
  kind: postKind,
})
export type Candidate = ValueOf<typeof candidateV4>

export const impressionFieldsV4 = {
  ...impressionFieldsV2,
  candidates: field(list(candidateV4, CANDIDATES_MAX), 'What was served, in order.'),
  tasteVector,
}
export const impressionV4 = record(
  'Impression',
  'A feed that was served, with everything it was ranked by.',
  impressionFieldsV4,
)
