/**
 * How long stages may take, milliseconds of wall time. In one process a stage reads rows from memory within a
 * millisecond, but shares its thread with the processing of events, whose batches hold it for some tens of
 * milliseconds: a deadline is far above that, and below what a reader of a feed notices.
 */
export const QUERY_HYDRATOR_MS = 200
export const SOURCE_MS = 200
export const HYDRATOR_MS = 200
/** What no feed may go without is waited for longer. */
export const REQUIRED_MS = 1_000
