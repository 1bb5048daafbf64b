import { DAY_MS } from '../schemas/ids.ts'

/**
 * How long a row remembers that its user was erased: events dated before the erasure that arrive within this
 * time are refused, so that they do not bring back what was erased. Later the row is gone altogether.
 */
export const ERASURE_MEMORY_MS = 7 * DAY_MS
