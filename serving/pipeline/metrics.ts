import type { Removal } from '../candidate.ts'

/**
 * What the pipeline tells of its stages. One small port: an adapter may feed Prometheus, a log or nothing.
 * Names of stages are few and fixed, and nothing here names a person.
 */
export interface StageMetrics {
  /** A stage ran for so many milliseconds of wall time, and found or kept so many candidates. */
  ran(stage: string, ms: number, kept: number): void
  /** A stage was dropped: `late`, or the code of what it threw. */
  dropped(stage: string, reason: string, error: unknown): void
  /** A filter removed so many posts of a feed, or of a page of it that was checked again. */
  removed(filter: Removal, count: number): void
}

export const NO_STAGE_METRICS: StageMetrics = {
  ran: () => undefined,
  dropped: () => undefined,
  removed: () => undefined,
}

/** Tells how many posts each filter removed; nothing of those that removed none. */
export const tellRemoved = (
  metrics: StageMetrics,
  removed: readonly { readonly removal: Removal }[],
): void => {
  const counts = new Map<Removal, number>()
  for (const { removal } of removed) counts.set(removal, (counts.get(removal) ?? 0) + 1)
  for (const [filter, count] of counts) metrics.removed(filter, count)
}
