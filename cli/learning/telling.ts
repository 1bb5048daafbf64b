import { collectDefaultMetrics, Registry } from 'prom-client'
import type { Clock } from '../../engine/clock.ts'
import type { Trainer } from '../../models/training/trainer.ts'
import { closeServer, listen } from '../http/server.ts'
import { HTTP_DEFAULTS } from '../http/services.ts'
import { say } from '../terminal.ts'
import { trainerServer } from './http.ts'
import type { LearningReport } from './messages.ts'
import { tellLearning } from './metrics.ts'
import { Reporting } from './report.ts'
import type { ServedSnapshots } from './served-snapshots.ts'

export interface MetricsAddress {
  readonly metricsHost: string
  /** Nothing is told where it is absent; 0 finds a free one. */
  readonly metricsPort?: number
}

/** A report takes some tenths of a second in which nothing is learned: so it is made this seldom, whoever asks. */
const REPORT_MS = 10_000

/** Tells Prometheus of a trainer in this process; answers how that ends. */
export const tellTrainer = async (
  trainer: Trainer,
  served: ServedSnapshots,
  clock: Clock,
  { metricsHost, metricsPort }: MetricsAddress,
): Promise<() => Promise<void>> => {
  if (metricsPort === undefined) return async () => undefined
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const reporting = new Reporting(trainer)
  let last: { readonly report: LearningReport; readonly atMs: number } | undefined
  const report = (): LearningReport => {
    const atMs = clock.monotonicMs()
    if (last === undefined || atMs - last.atMs >= REPORT_MS) last = { report: reporting.now(), atMs }
    return last.report
  }
  // Where learning stops this process ends, and is not there to be asked.
  tellLearning(registry, { report, served, isStopped: false })
  const app = trainerServer(registry)
  say(`freshet: the trainer tells of itself at ${await listen(app, metricsHost, metricsPort)}/metrics`)
  return () => closeServer(app, HTTP_DEFAULTS.closeMs)
}
