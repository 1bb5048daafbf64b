import { collectDefaultMetrics, Counter, Histogram, Registry } from 'prom-client'
import type { EngineCounter, EngineGauge, EngineHistogram, Labels, Metrics } from '../engine/metrics.ts'
import { BoundedGauge, type Folding, idOf, othersOf } from './gauges.ts'

interface Described {
  readonly help: string
  readonly labels: readonly string[]
}

const COUNTERS: Readonly<Record<EngineCounter, Described>> = {
  events: { help: 'Events processed.', labels: ['topic'] },
  late_events: { help: 'Events older than the watermark when they came.', labels: ['topic'] },
  duplicate_events: { help: 'Events dropped because their id was known.', labels: ['topic'] },
  dead_letters: { help: 'Records put aside.', labels: ['topic', 'code'] },
  emitted_records: { help: 'Records written by processors.', labels: ['task'] },
  timers_fired: { help: 'Timers fired.', labels: ['task'] },
  rows_expired: { help: 'Rows removed because nothing of them can count any more.', labels: ['store'] },
  commits: { help: 'Commits.', labels: ['task'] },
  task_failures: { help: 'Errors that stopped or restarted a task.', labels: ['code'] },
  processor_counts: { help: 'What processors count by name.', labels: ['name'] },
}

const GAUGES: Readonly<Record<EngineGauge, Described & { readonly together?: Folding }>> = {
  lag_records: { help: 'Records readable but not yet processed.', labels: ['task', 'topic'] },
  watermark_ms: {
    help: 'Event time up to which a task is complete.',
    labels: ['task'],
    together: 'least',
  },
  state_bytes: { help: 'Rows held in memory.', labels: ['task'] },
  changelog_backlog_bytes: { help: 'Changes committed but not yet in the state on disk.', labels: ['task'] },
  output_sums_bytes: { help: 'Memory for what is added up by key until the next commit.', labels: ['task'] },
  pending_timers: { help: 'Timers waiting.', labels: ['task'] },
  tasks: { help: 'Tasks of this worker.', labels: ['role'] },
  fleet_members: { help: 'Workers of the group that are alive.', labels: [] },
  restore_records: { help: 'Changelog records of states that are restored.', labels: [] },
  restore_records_read: { help: 'Those of them that are read.', labels: [] },
  standby_lag_records: { help: 'Changelog records that the copy furthest behind has to read.', labels: [] },
}

const MILLISECONDS = [0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000]
const HISTOGRAMS: Readonly<Record<EngineHistogram, Described & { readonly buckets: number[] }>> = {
  commit_ms: { help: 'Time that a commit took.', labels: ['task'], buckets: MILLISECONDS },
  batch_events: { help: 'Records in a batch.', labels: ['task'], buckets: [1, 8, 64, 256, 512, 1024, 2048] },
  restore_ms: {
    help: 'Time from when a task was to run until it did, its state restored.',
    labels: ['task'],
    buckets: [...MILLISECONDS, 10_000, 30_000, 60_000, 300_000],
  },
}

/** Label values of one metric beyond this are told as `other`: a scrape stays small whatever happens. */
const SERIES_MAX = 512

/** The engine's metrics, those of HTTP and the process's own, for Prometheus. No label names a person. */
export class PrometheusMetrics implements Metrics {
  readonly registry = new Registry()
  private readonly counters = mapOf(COUNTERS, (name, { help, labels }) =>
    bounded(
      new Counter({ name: `freshet_${name}_total`, help, labelNames: labels, registers: [this.registry] }),
    ),
  )
  private readonly gauges = mapOf(
    GAUGES,
    (name, { help, labels, together = 'sum' }) =>
      new BoundedGauge(
        { name: `freshet_${name}`, help, labels, seriesMax: SERIES_MAX, together },
        this.registry,
      ),
  )
  private readonly histograms = mapOf(HISTOGRAMS, (name, { help, labels, buckets }) =>
    bounded(
      new Histogram({
        name: `freshet_${name}`,
        help,
        labelNames: labels,
        buckets,
        registers: [this.registry],
      }),
    ),
  )
  private readonly requests = new Histogram({
    name: 'freshet_http_request_ms',
    help: 'Time that HTTP requests took, by route and status.',
    labelNames: ['route', 'status'],
    buckets: MILLISECONDS,
    registers: [this.registry],
  })
  private readonly accepted = new Counter({
    name: 'freshet_accepted_events_total',
    help: 'Events accepted over HTTP.',
    registers: [this.registry],
  })
  private readonly refused = new Counter({
    name: 'freshet_refused_events_total',
    help: 'Events refused over HTTP, by the rule broken.',
    labelNames: ['rule'],
    registers: [this.registry],
  })

  constructor() {
    collectDefaultMetrics({ register: this.registry })
  }

  count(name: EngineCounter, labels: Labels, by: number): void {
    const { metric, known } = this.counters[name]
    metric.inc(known(labels), by)
  }

  gauge(name: EngineGauge, labels: Labels, value: number): void {
    this.gauges[name].set(labels, value)
  }

  observe(name: EngineHistogram, labels: Labels, value: number): void {
    const { metric, known } = this.histograms[name]
    metric.observe(known(labels), value)
  }

  /** Gauges of tasks that are not among these any more would stay as they last were. */
  keepTasks(taskIds: readonly string[]): void {
    for (const gauge of Object.values(this.gauges)) {
      gauge.forget(({ task }) => task !== undefined && !taskIds.includes(task))
    }
  }

  /** `route` is the pattern of a known route, never what was asked for. */
  request(route: string, status: number, tookMs: number): void {
    this.requests.observe({ route, status: String(status) }, tookMs)
  }

  /** `rules` names, for each refused event, the rule or code. */
  intake(accepted: number, rules: readonly string[]): void {
    this.accepted.inc(accepted)
    for (const rule of rules) this.refused.inc({ rule })
  }
}

const mapOf = <Name extends string, Value, Made>(
  described: Readonly<Record<Name, Value>>,
  make: (name: Name, value: Value) => Made,
): Readonly<Record<Name, Made>> => {
  const made: Partial<Record<Name, Made>> = {}
  for (const name of Object.keys(described) as Name[]) made[name] = make(name, described[name])
  return made as Record<Name, Made>
}

interface Bounded<Metric> {
  readonly metric: Metric
  /** The labels to use for those given. */
  readonly known: (labels: Labels) => Labels
}

const bounded = <Metric>(metric: Metric): Bounded<Metric> => {
  const seen = new Set<string>()
  const known = (labels: Labels): Labels => {
    const id = idOf(labels)
    if (seen.has(id)) return labels
    if (seen.size === SERIES_MAX) return othersOf(Object.keys(labels))
    seen.add(id)
    return labels
  }
  return { metric, known }
}
