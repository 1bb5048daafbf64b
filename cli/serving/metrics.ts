import { Counter, Gauge, type Registry } from 'prom-client'
import type { Clock } from '../../engine/clock.ts'
import { liveOf, REGISTERED_MODELS } from '../../models/registry/record.ts'
import type { ModelRegistry } from '../../models/registry/registry.ts'
import type { ShadowScoring } from '../../serving/shadow/shadow-scoring.ts'
import type { Serving } from './open.ts'

/** Tells Prometheus, whenever it asks, what became of impressions, and how much is kept and searched. */
export const tellServing = (registry: Registry, serving: Serving): void => {
  const { feeds, impressions, samples, sessions, rankingFile, retrieval } = serving
  const gauge = (name: string, help: string, valueOf: () => number): void => {
    const made: Gauge = new Gauge({
      name: `freshet_${name}`,
      help,
      registers: [registry],
      collect: (): void => made.set(valueOf()),
    })
  }
  gauge('feeds_waiting', 'Feeds that wait for their turn to be ranked.', () => feeds.waitingCount)
  gauge('impressions_waiting', 'Served pages that wait to be logged.', () => impressions.counts.waiting)
  gauge('impressions_written', 'Served pages that were logged.', () => impressions.counts.written)
  gauge('impressions_lost', 'Served pages that were given up.', () => impressions.counts.lost)
  gauge('impression_failures', 'Writes of impressions that failed.', () => impressions.counts.failures)
  gauge('ranking_samples_written', 'Samples of rankings that were logged.', () => samples.counts.written)
  gauge('ranking_samples_dropped', 'Samples of rankings that were given up.', () => samples.counts.dropped)
  gauge('retrieval_posts', 'Public posts that are searched through.', () => retrieval?.size ?? 0)
  gauge('feed_sessions', 'Feeds kept, for further pages of them.', () => sessions.size)
  gauge('feed_session_bytes', 'Memory that they take, about.', () => sessions.bytes)
  gauge('ranking_file_failing', '1 while the file of rankings is wrong and does not count.', () =>
    rankingFile.isFailing ? 1 : 0,
  )
}

/** Tells Prometheus, whenever it asks, how the snapshot that shadows the heavy ranker differs from it. */
export const tellShadow = (registry: Registry, shadow: ShadowScoring): void => {
  const registers = [registry]
  const gauge = (name: string, help: string, valueOf: () => number): void => {
    const made: Gauge = new Gauge({
      name: `freshet_shadow_${name}`,
      help,
      registers,
      collect: (): void => made.set(valueOf()),
    })
  }
  gauge('pages', 'Pages that the shadow scored too.', () => shadow.report().pages)
  gauge('pages_dropped', 'Pages left out, for too many waited.', () => shadow.counts.dropped)
  gauge('failures', 'Pages that the shadow failed on.', () => shadow.counts.failed)
  gauge(
    'concordance',
    'Share of pairs of posts on a page that the shadow orders as what is live does; NaN without any.',
    () => shadow.report().concordance ?? Number.NaN,
  )
  const ratio = new Gauge({
    name: 'freshet_shadow_head_ratio',
    help: 'What the shadow foresees, by what the live model does, by head.',
    labelNames: ['head'],
    registers,
    collect: (): void => {
      ratio.reset()
      for (const [head, value] of Object.entries(shadow.report().ratios ?? {})) ratio.set({ head }, value)
    },
  })
}

const MS_A_SECOND = 1_000

/**
 * Tells Prometheus, whenever it asks, what the registry knows: how long each model has served what it serves, how
 * many snapshots the gate refused, and how the newest that was judged did. An alert on
 * `increase(freshet_model_gate_refused_total[15m]) > 0` says that learning went wrong, or what it learns from.
 */
export const tellModels = (registry: Registry, models: ModelRegistry, clock: Clock): void => {
  const registers = [registry]
  const refused = new Counter({
    name: 'freshet_model_gate_refused_total',
    help: 'Snapshots that the gate refused, by model.',
    labelNames: ['model'],
    registers,
    async collect(): Promise<void> {
      const state = await models.state()
      refused.reset()
      for (const model of REGISTERED_MODELS) refused.inc({ model }, state[model].refusals)
    },
  })
  const age = new Gauge({
    name: 'freshet_model_live_age_seconds',
    help: 'Time since what a model serves went live.',
    labelNames: ['model'],
    registers,
    async collect(): Promise<void> {
      const state = await models.state()
      age.reset()
      for (const model of REGISTERED_MODELS) {
        const since = liveOf(state[model])?.promotedAt ?? null
        if (since !== null) age.set({ model }, (clock.now() - since) / MS_A_SECOND)
      }
    },
  })
  tellFigure(registry, models, 'calibration', 'Expected positives by those there were')
  tellFigure(registry, models, 'auc', 'Area under the ROC curve')
}

const tellFigure = (
  registry: Registry,
  models: ModelRegistry,
  figure: 'calibration' | 'auc',
  help: string,
): void => {
  const gauge = new Gauge({
    name: `freshet_model_${figure}`,
    help: `${help}, by head, of the newest snapshot that was judged, each example foreseen before it was learned.`,
    labelNames: ['model', 'head'],
    registers: [registry],
    async collect(): Promise<void> {
      gauge.reset()
      for (const model of REGISTERED_MODELS) {
        const newest = (await models.list(model)).findLast(({ metrics }) => metrics !== null)
        for (const [head, report] of Object.entries(newest?.metrics ?? {})) {
          const value = (report as Partial<Record<typeof figure, number | null>>)[figure] ?? null
          if (value !== null) gauge.set({ model, head }, value)
        }
      }
    },
  })
}
