import { number } from '../declare/numbers.ts'
import { map, oneOf } from '../declare/composites.ts'
import { field, mapOrEmpty, record } from '../declare/record.ts'
import { id } from '../declare/text.ts'
import type { ValueOf } from '../declare/kind.ts'
import { at, eventId } from '../fields.ts'
import type { PostId } from '../ids.ts'

export const VERDICTS = ['allow', 'downrank', 'remove'] as const
export type Verdict = (typeof VERDICTS)[number]

export const SCORES_MAX = 64

export const integrityV1 = record('Integrity', 'A judgement on a post; it replaces the one before.', {
  eventId,
  postId: field(id<PostId>(), 'The post judged.'),
  verdict: field(oneOf('Verdict', VERDICTS), 'What to do with it.'),
  scores: mapOrEmpty(map(number(0, 1), SCORES_MAX), 'Probability of each harm, by label.'),
  at,
})

export type Integrity = ValueOf<typeof integrityV1>
