import { bytes, list } from '../declare/composites.ts'
import { float } from '../declare/numbers.ts'
import { field, record } from '../declare/record.ts'
import { id, label } from '../declare/text.ts'
import type { ValueOf } from '../declare/kind.ts'
import { at } from '../fields.ts'
import type { RequestId, UserId } from '../ids.ts'
import { FEATURES_BYTES_MAX } from '../impressions/v1.ts'

/** Candidates of a ranking that are kept of it. */
export const SAMPLE_CANDIDATES_MAX = 256

const sampledCandidateV1 = record('SampledCandidate', 'A candidate as both rankers saw it.', {
  features: field(
    bytes(FEATURES_BYTES_MAX),
    'The light row as it was scored, packed as impressions pack theirs.',
  ),
  expectedValue: field(float(), 'What the heavy ranker gave it.'),
  share: field(float(), 'How many candidates of the request it stands for.'),
})

export const rankingSampleV1 = record(
  'RankingSample',
  'Some candidates of one request, shown or not, as both rankers saw them: what the light ranker learns from.',
  {
    requestId: field(id<RequestId>(), 'The feed request.'),
    userId: field(id<UserId>(), 'Who it was for.'),
    at,
    modelVersion: field(label(), 'The heavy ranker.'),
    lightModelVersion: field(label(), 'The light ranker.'),
    columnsHash: field(label(), 'Names the columns of the light row and their order.'),
    candidates: field(
      list(sampledCandidateV1, SAMPLE_CANDIDATES_MAX),
      'Best first by expected value: the first of the ranking, then others drawn at random.',
    ),
  },
)

export type LoggedRankingSample = ValueOf<typeof rankingSampleV1>
