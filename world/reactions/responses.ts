import { type Outcome, OUTCOMES } from '../value-weights.ts'

/** How the log-odds of an outcome follow from what a viewer feels. */
interface Response {
  readonly base: number
  readonly content: number
  readonly social: number
  readonly harm: number
  /** Times how talkative the viewer is. */
  readonly talkative: number
  /** Added for viewers who only look. */
  readonly passive: number
  /** Whether it can happen to a post that is skipped. */
  readonly ofLooking?: true
}

/** Set so that a chronological feed of this society yields rates as feeds have them: see the test of rates. */
const RESPONSE: Readonly<Record<Exclude<Outcome, 'skip'>, Response>> = {
  click: { base: -1.95, content: 0.5, social: 0.1, harm: 0.8, talkative: 0, passive: -0.8 },
  like: { base: -2.85, content: 0.5, social: 0.65, harm: -1, talkative: 0.9, passive: -4.5 },
  comment: { base: -4.8, content: 0.35, social: 0.9, harm: 0, talkative: 1.1, passive: -5 },
  share: { base: -5, content: 0.75, social: 0.2, harm: 0, talkative: 0.9, passive: -5 },
  save: { base: -4.9, content: 0.8, social: 0, harm: -1, talkative: 0.3, passive: -3 },
  profile_click: { base: -4, content: 0.3, social: 0.3, harm: 0.3, talkative: 0.2, passive: -1 },
  follow_author: { base: -5.3, content: 0.6, social: 0.7, harm: -1, talkative: 0.3, passive: -2 },
  connect_request: { base: -6.4, content: 0.3, social: 0.9, harm: -2, talkative: 0.5, passive: -3 },
  hide: { base: -7.6, content: -0.6, social: -0.5, harm: 3, talkative: 0, passive: -1.5, ofLooking: true },
  see_less: {
    base: -8,
    content: -0.6,
    social: -0.8,
    harm: 2.5,
    talkative: 0,
    passive: -2,
    ofLooking: true,
  },
  report: { base: -9.6, content: -0.2, social: -0.5, harm: 5.5, talkative: 0, passive: -2, ofLooking: true },
  block_author: {
    base: -10.8,
    content: 0,
    social: -0.8,
    harm: 4.5,
    talkative: 0,
    passive: -1,
    ofLooking: true,
  },
}

const rows = OUTCOMES.map((outcome) => (outcome === 'skip' ? undefined : RESPONSE[outcome]))

/** The same as numbers, `width` an outcome. */
export const RESPONSES = {
  width: 6,
  weights: Float64Array.from(
    rows.flatMap((row) =>
      row === undefined
        ? [0, 0, 0, 0, 0, 0]
        : [row.base, row.content, row.social, row.harm, row.talkative, row.passive],
    ),
  ),
} as const

/** 1 for outcomes that a skipped post can have too. */
export const OF_LOOKING: Uint8Array = Uint8Array.from(rows, (row) => (row?.ofLooking === true ? 1 : 0))
