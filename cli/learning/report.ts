import type { Foresight } from '../../models/metrics/progressive.ts'
import { SEGMENTS, segmentBit } from '../../models/training/segments.ts'
import type { Trainer } from '../../models/training/trainer.ts'
import type { BothReports, LearningReport } from './messages.ts'

/** What is told of the heavy ranker: all of it from its progressive metrics. */
type HeavyReports = Pick<LearningReport, 'heads' | 'served' | 'segments' | 'servedSegments'>

/**
 * What a trainer says of itself, time and again. The heavy ranker's part takes a processor for some tenths of a
 * second, in which nothing is learned; so it is made anew only where there is anything new to tell.
 */
export class Reporting {
  private readonly trainer: Trainer
  private heavy: HeavyReports | undefined
  private changes = 0

  constructor(trainer: Trainer) {
    this.trainer = trainer
  }

  now(): LearningReport {
    const { progress, light, towers } = this.trainer
    return { progress, ...this.heavyReports(), light: bothOf(light), retrieval: bothOf(towers) }
  }

  private heavyReports(): HeavyReports {
    const { changes } = this.trainer.learner.metrics
    if (this.heavy === undefined || this.changes !== changes) this.heavy = heavyOf(this.trainer)
    this.changes = changes
    return this.heavy
  }
}

/** What a trainer would say of itself now. */
export const reportOf = (trainer: Trainer): LearningReport => new Reporting(trainer).now()

const heavyOf = ({ learner: { metrics } }: Trainer): HeavyReports => ({
  heads: metrics.report('learner'),
  served: metrics.report('served'),
  segments: bySegment(metrics, 'learner'),
  servedSegments: bySegment(metrics, 'served'),
})

const bySegment = (metrics: Trainer['learner']['metrics'], whose: Foresight): LearningReport['segments'] =>
  Object.fromEntries(
    SEGMENTS.map((segment) => [segment, metrics.report(whose, segmentBit(segment))]),
  ) as LearningReport['segments']

const bothOf = (learner: Trainer['light'] | Trainer['towers']): BothReports => ({
  learner: learner.report('learner'),
  live: learner.report('live'),
})
