import type { Millis } from '../schemas/ids.ts'
import type { FeedItem, Trace } from './http/feed-schemas.ts'
import { reasonOf } from './reasons/reason.ts'
import type { RankedItem } from './sessions/ranked-items.ts'
import type { Shown } from './selector/page.ts'
import type { Session } from './sessions/session.ts'

/** A float32 holds about seven digits; what an answer shows beyond that is noise of its decimal form. */
const DIGITS_SCALE = 1e7
const rounded = (value: number): number => Math.round(value * DIGITS_SCALE) / DIGITS_SCALE

/** A page as it is answered. */
export const answerItems = (
  shown: readonly Shown[],
  session: Session,
  position: number,
  asOf: Millis,
): FeedItem[] => shown.map((each, place) => itemOf(each, session, position + place, asOf))

const itemOf = (shown: Shown, session: Session, position: number, asOf: Millis): FeedItem => {
  const { candidate, attributes } = shown
  const { post } = candidate
  const { kind, audience, containerId, text, language, hashtags } = attributes.content!
  return {
    postId: post.postId,
    authorId: post.authorId,
    position,
    score: rounded(candidate.value),
    reason: reasonOf(shown, session.query.userId, asOf),
    post: {
      kind,
      audience,
      containerId,
      text,
      language,
      hashtags,
      at: attributes.publishedAt!,
      editedAt: attributes.editedAt,
    },
    trace: traceOf(session, candidate),
  }
}

/** How the score at a place of a session came about. */
export const traceOf = (session: Session, item: RankedItem): Trace => {
  const { index, expectedValue, lightRank, heavyRank } = item
  const { rules } = session.configuration
  return {
    expectedValue: rounded(expectedValue),
    heads: session.headTrace(index).map(({ head, probability, weight, value }) => ({
      head,
      probability: rounded(probability),
      weight,
      value: rounded(value),
    })),
    multipliers: session
      .factorsOf(index)
      .map((factor, at) => ({ rule: rules[at]!.name, factor: rounded(factor) })),
    ranks: { pass0: lightRank, pass1: heavyRank, pass2: index },
  }
}
