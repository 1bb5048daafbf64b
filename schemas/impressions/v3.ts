import { list } from '../declare/composites.ts'
import { field, listOrEmpty, optional, record } from '../declare/record.ts'
import { hashtag, id } from '../declare/text.ts'
import { RANKED_HASHTAGS_MAX } from './limits.ts'
import { CANDIDATES_MAX } from './v1.ts'
import { candidateFieldsV2, impressionFieldsV2 } from './v2.ts'

export const candidateFieldsV3 = {
  ...candidateFieldsV2,
  containerId: optional(id(), 'The group, page or thread that held it when it was ranked.'),
  hashtags: listOrEmpty(
    list(hashtag(), RANKED_HASHTAGS_MAX),
    'Its first hashtags when it was ranked, in order.',
  ),
}
const candidateV3 = record('Candidate', 'A post of a slate, as it was ranked.', candidateFieldsV3)

export const impressionV3 = record(
  'Impression',
  'A feed that was served, with everything it was ranked by.',
  {
    ...impressionFieldsV2,
    candidates: field(list(candidateV3, CANDIDATES_MAX), 'What was served, in order.'),
  },
)
