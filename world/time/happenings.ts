import { REACTION_KINDS, type ReactionKind } from '../../schemas/reactions/index.ts'

/** Types of what an agenda holds: a reaction is its index into REACTION_KINDS, its undoing that plus `UNDO`. */
const KINDS = REACTION_KINDS.length
export const UNDO = KINDS

export const HAPPENING = {
  /** Somebody writes their next post. `value`: which version of their habits planned it. */
  write: 2 * KINDS,
  /** Somebody opens the app. `value` as above. */
  session: 2 * KINDS + 1,
  /** Somebody comes back because of a comment. */
  comeBack: 2 * KINDS + 2,
  edit: 2 * KINDS + 3,
  delete: 2 * KINDS + 4,
  /** A post is judged. `value`: index into VERDICTS. */
  verdict: 2 * KINDS + 5,
  /** Somebody changes a tie. */
  tie: 2 * KINDS + 6,
  /** A request to connect is granted. `who` asked `what`. */
  befriend: 2 * KINDS + 7,
  /** A day begins. */
  dawn: 2 * KINDS + 8,
  /** Somebody answers a survey. `value`: 1 to 5. */
  survey: 2 * KINDS + 9,
} as const

export const kindIndex = (kind: ReactionKind): number => REACTION_KINDS.indexOf(kind)
