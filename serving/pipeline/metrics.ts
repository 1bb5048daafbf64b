/**
 * What the pipeline tells of its stages. One small port: an adapter may feed Prometheus, a log or nothing.
 * Names of stages are few and fixed, and nothing here names a person.
 */
export interface StageMetrics {
  /** A stage ran for so many milliseconds of wall time, and found or kept so many candidates. */
  ran(stage: string, ms: number, kept: number): void
  /** A stage was dropped: `late`, or the code of what it threw. */
  dropped(stage: string, reason: string, error: unknown): void
}

export const NO_STAGE_METRICS: StageMetrics = {
  ran: () => undefined,
  dropped: () => undefined,
}
