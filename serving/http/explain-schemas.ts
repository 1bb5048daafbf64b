import { ID_PATTERN } from '../../schemas/declare/text.ts'
import { ID_BYTES_MAX, type PostId, type RequestId } from '../../schemas/ids.ts'
import { REMOVALS, SOURCES } from '../candidate.ts'
import { OUTCOMES } from '../explain/explanation.ts'
import { trace } from './feed-schemas.ts'
import {
  boolean,
  integer,
  list,
  map,
  nullable,
  number,
  object,
  oneOf,
  optional,
  string,
  type ValueOf,
} from './schema.ts'

export const explainParams = object({
  requestId: string<RequestId>({ minLength: 1, maxLength: ID_BYTES_MAX, pattern: ID_PATTERN }),
  postId: string<PostId>({ minLength: 1, maxLength: ID_BYTES_MAX, pattern: ID_PATTERN }),
})

const pass = object({
  rank: integer({ description: 'Place after the pass, from 0.' }),
  score: number(),
  kept: boolean(),
  shortBy: nullable(
    number({
      description: 'How far it was below the last that was kept for its rank; null for one that was kept.',
    }),
  ),
})

export const explainAnswer = object({
  requestId: string<RequestId>(),
  postId: string<PostId>(),
  outcome: oneOf(OUTCOMES, {
    description:
      'shown on this page; ranked and not on this page; dropped by pass 0 or 1; removed by a filter; not-found by any source.',
  }),
  text: string({ description: 'For people.' }),
  pagePosition: optional(
    integer({
      description: "Place on the page, from 0; the position of a feed's item counts over all its pages.",
    }),
  ),
  sources: list(object({ source: oneOf(SOURCES), found: boolean(), text: string() })),
  filter: optional(oneOf(REMOVALS)),
  passes: object({ pass0: optional(pass), pass1: optional(pass), pass2: optional(pass) }),
  trace: optional(trace),
  features: optional(
    map(number(), { description: 'The features it was scored by, those that are 0 left out.' }),
  ),
})
export type ExplainAnswer = ValueOf<typeof explainAnswer>
