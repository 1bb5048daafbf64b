import { Counter, Histogram, type Registry } from 'prom-client'
import type { Removal } from '../serving/candidate.ts'
import type { StageMetrics } from '../serving/pipeline/metrics.ts'
import { UNEXPECTED } from '../serving/pipeline/run.ts'
import { say } from './terminal.ts'

const MILLISECONDS = [0.1, 0.25, 0.5, 1, 2, 5, 10, 25, 50, 100, 200, 1_000]
const CANDIDATES = [0, 1, 10, 50, 100, 250, 500, 1_000, 1_500, 2_000, 2_800]

/** Of one stage. */
interface StageFigures {
  readonly ms: Histogram.Internal<'stage'>
  readonly kept: Histogram.Internal<'stage'>
}

/** What the stages of the feed tell of themselves, for Prometheus. */
export class PrometheusStageMetrics implements StageMetrics {
  private readonly ms: Histogram<'stage'>
  private readonly kept: Histogram<'stage'>
  private readonly drops: Counter
  private readonly removals: Counter
  private readonly figures = new Map<string, StageFigures>()
  private readonly told = new Set<string>()
  private readonly tell: (line: string) => void

  constructor(registry: Registry, tell: (line: string) => void = say) {
    const registers = [registry]
    this.tell = tell
    this.ms = new Histogram({
      name: 'freshet_feed_stage_ms',
      help: 'Time that a stage of the feed took.',
      labelNames: ['stage'],
      buckets: MILLISECONDS,
      registers,
    })
    this.kept = new Histogram({
      name: 'freshet_feed_stage_candidates',
      help: 'Candidates that a stage of the feed found or kept.',
      labelNames: ['stage'],
      buckets: CANDIDATES,
      registers,
    })
    this.drops = new Counter({
      name: 'freshet_feed_stages_dropped_total',
      help: 'Stages that feeds went without, by the reason: late, or the code of an error.',
      labelNames: ['stage', 'reason'],
      registers,
    })
    this.removals = new Counter({
      name: 'freshet_feed_removed_total',
      help: 'Posts that were found and left out, by the filter that removed them, pages checked again among them.',
      labelNames: ['filter'],
      registers,
    })
  }

  ran(stage: string, ms: number, kept: number): void {
    const figures = this.figuresOf(stage)
    figures.ms.observe(ms)
    figures.kept.observe(kept)
  }

  /** A fault in a stage is told once, with its kind and place: an error's text may name a person. */
  dropped(stage: string, reason: string, error: unknown): void {
    this.drops.inc({ stage, reason })
    if (reason !== UNEXPECTED || this.told.has(stage)) return
    this.told.add(stage)
    const [, place = ''] = error instanceof Error ? (error.stack ?? '').split(/\n\s*(?=at )/) : []
    this.tell(`${UNEXPECTED}: stage ${stage}: ${error instanceof Error ? error.name : typeof error} ${place}`)
  }

  removed(filter: Removal, count: number): void {
    this.removals.inc({ filter }, count)
  }

  /** Found once: to look a histogram's labels up takes longer than to count. */
  private figuresOf(stage: string): StageFigures {
    const known = this.figures.get(stage)
    if (known !== undefined) return known
    const made = { ms: this.ms.labels({ stage }), kept: this.kept.labels({ stage }) }
    this.figures.set(stage, made)
    return made
  }
}
