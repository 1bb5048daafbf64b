import { SECOND_MS } from '../schemas/ids.ts'
import { REACTION_KINDS, type ReactionKind } from '../schemas/reactions/index.ts'

/** What can come of looking at a post, beside how long. */
export const OUTCOMES = [
  'click',
  'like',
  'comment',
  'share',
  'save',
  'profile_click',
  'follow_author',
  'connect_request',
  'hide',
  'see_less',
  'report',
  'block_author',
  'skip',
] as const satisfies readonly ReactionKind[]
export type Outcome = (typeof OUTCOMES)[number]

export const outcomeIndex: Readonly<Record<Outcome, number>> = Object.fromEntries(
  OUTCOMES.map((outcome, index) => [outcome, index]),
) as Record<Outcome, number>

/** Index into REACTION_KINDS of each outcome. */
export const kindOfOutcome: readonly number[] = OUTCOMES.map((outcome) => REACTION_KINDS.indexOf(outcome))

/**
 * What an outcome is worth: the expected value of showing a post is `Σ outcomes[k] · P(k)` plus `dwellPerSecond`
 * times the expected dwell in seconds, given that the viewer looks at it. These are public, unlike what people
 * like; a world is told them so that it can say what the best ranking would have been worth.
 */
export interface ValueWeights {
  readonly outcomes: Readonly<Record<Outcome, number>>
  readonly dwellPerSecond: number
}

/** In units of a click; used where a world is told no others. */
export const DEFAULT_VALUE_WEIGHTS: ValueWeights = {
  outcomes: {
    click: 1,
    like: 1.5,
    comment: 6,
    share: 10,
    save: 8,
    profile_click: 2,
    follow_author: 12,
    connect_request: 12,
    hide: -30,
    see_less: -30,
    report: -200,
    block_author: -200,
    skip: -0.1,
  },
  dwellPerSecond: 0.01,
}

/** Outcomes that count as a post's popularity. */
export const POSITIVE_OUTCOMES: ReadonlySet<Outcome> = new Set(['click', 'like', 'comment', 'share', 'save'])

/** Weights in the order of OUTCOMES, then that of a millisecond of dwell. */
export type CompiledWeights = Float64Array

export const compiled = ({ outcomes, dwellPerSecond }: ValueWeights): CompiledWeights =>
  Float64Array.from([...OUTCOMES.map((outcome) => outcomes[outcome]), dwellPerSecond / SECOND_MS])
