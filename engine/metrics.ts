/**
 * What the engine tells of itself. One small port: an adapter may feed Prometheus, a log or nothing. Names
 * are fixed; labels are few and never hold ids of people.
 */
export type EngineCounter =
  | 'events'
  | 'late_events'
  | 'duplicate_events'
  | 'dead_letters'
  | 'emitted_records'
  | 'timers_fired'
  | 'rows_expired'
  | 'commits'
  | 'task_failures'
  | 'processor_counts'

export type EngineGauge =
  | 'lag_records'
  | 'watermark_ms'
  | 'state_bytes'
  | 'changelog_backlog_bytes'
  | 'output_sums_bytes'
  | 'pending_timers'
  | 'tasks'
  | 'fleet_members'
  | 'restore_records'
  | 'restore_records_read'
  | 'standby_lag_records'

export type EngineHistogram = 'commit_ms' | 'batch_events' | 'restore_ms'

export type Labels = Readonly<Record<string, string>>

export interface Metrics {
  count(name: EngineCounter, labels: Labels, by: number): void
  gauge(name: EngineGauge, labels: Labels, value: number): void
  observe(name: EngineHistogram, labels: Labels, value: number): void
}

export const NO_METRICS: Metrics = {
  count: () => undefined,
  gauge: () => undefined,
  observe: () => undefined,
}
