import type { EventId, Millis } from '../schemas/ids.ts'

/** What wrote a register last. */
export interface Written {
  readonly at: Millis
  readonly eventId: EventId
}

/**
 * Last write wins: whether `next` replaces what `last` wrote. Ties of time go to the greater event id, so
 * that the outcome is the same in whatever order the writes come.
 */
export const supersedes = (next: Written, last: Written | null): boolean =>
  last === null || next.at > last.at || (next.at === last.at && next.eventId > last.eventId)
