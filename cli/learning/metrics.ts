import { Gauge, type Registry } from 'prom-client'
import type { HeadReport, HeadReports } from '../../models/metrics/progressive.ts'
import type { Learning } from './open.ts'

/** What is told of a head of probabilities, and of one of times. */
const OF_HEAD = {
  auc: 'Area under the ROC curve.',
  logLoss: 'Nats a prediction.',
  normalisedEntropy: 'Log loss by that of always saying the base rate.',
  calibration: 'Expected positives by those there were.',
  positives: 'Positives among the examples.',
  meanAbsoluteError: 'Of the logarithm of milliseconds.',
  explained: 'Share of the variance of the logarithm of milliseconds.',
} as const

const UPPER = /[A-Z]/g

/** What there is to tell of learning, in a server or in a trainer of its own. */
export type ToldLearning = Pick<Learning, 'report' | 'served' | 'isStopped'>

/** Tells Prometheus, whenever it asks, how well the model that learns and the one that serves foresee. */
export const tellLearning = (registry: Registry, learning: ToldLearning): void => {
  for (const [figure, help] of Object.entries(OF_HEAD)) {
    const name = figure.replace(UPPER, (letter) => `_${letter.toLowerCase()}`)
    const gauge: Gauge<'head' | 'model' | 'segment'> = new Gauge({
      name: `freshet_learning_${name}`,
      help: `Progressive, of the last examples, by head: ${help}`,
      labelNames: ['head', 'model', 'segment'],
      registers: [registry],
      collect: (): void => {
        gauge.reset()
        const report = learning.report()
        if (report === undefined) return
        const tell = (heads: HeadReports, model: string, segment: string): void => {
          for (const [head, values] of Object.entries(heads)) {
            const value = figureOf(values, figure)
            if (value !== null) gauge.set({ head, model, segment }, value)
          }
        }
        tell(report.heads, 'learner', 'all')
        tell(report.served, 'served', 'all')
        for (const [segment, heads] of Object.entries(report.segments)) tell(heads, 'learner', segment)
        for (const [segment, heads] of Object.entries(report.servedSegments)) tell(heads, 'served', segment)
      },
    })
  }
  tellOthers(registry, learning)
  const gauge = (name: string, help: string, valueOf: () => number | null | undefined): void => {
    const made: Gauge = new Gauge({
      name: `freshet_learning_${name}`,
      help,
      registers: [registry],
      collect: (): void => made.set(valueOf() ?? Number.NaN),
    })
  }
  gauge('examples', 'Examples learned from since the start.', () => learning.report()?.progress.examples)
  gauge('steps', 'Steps of training, in all.', () => learning.report()?.progress.steps)
  gauge('snapshots', 'Snapshots made since the start.', () => learning.report()?.progress.snapshots)
  gauge(
    'unsettled_forgotten',
    'Examples forgotten before their slate settled, and so learned twice, since the start.',
    () => learning.report()?.progress.unsettledForgotten,
  )
  gauge(
    'begun_anew',
    'Models that began with their priors at the start, for the checkpoint was learned by other networks.',
    () => learning.report()?.progress.begunAnew,
  )
  gauge('stopped', '1 where models were to learn in this process, and do no more.', () =>
    learning.isStopped ? 1 : 0,
  )
  gauge('snapshots_served', 'Snapshots taken into service since the start.', () => learning.served.count)
  gauge('reaction_to_model_p50_ms', 'From a reaction to a model that learned it and serves.', () => {
    return learning.served.reactionToModelMs()[0]
  })
  gauge('reaction_to_model_p99_ms', 'From a reaction to a model that learned it and serves.', () => {
    return learning.served.reactionToModelMs()[1]
  })
}

/** What is told of the light ranker and of the towers. */
const OF_OTHERS = {
  loss: 'Nats a ranking, or a pair.',
  kept: "Of the light ranker: share of the heavy one's first that it would keep.",
  match: 'Of retrieval: how likely the post of a pair is nearer than another.',
} as const

const tellOthers = (registry: Registry, learning: ToldLearning): void => {
  for (const [figure, help] of Object.entries(OF_OTHERS)) {
    const gauge: Gauge<'learns' | 'model'> = new Gauge({
      name: `freshet_learning_others_${figure}`,
      help: `Progressive, of what was learned last by the light ranker and by retrieval: ${help}`,
      labelNames: ['learns', 'model'],
      registers: [registry],
      collect: (): void => {
        gauge.reset()
        const report = learning.report()
        if (report === undefined) return
        for (const learns of ['light', 'retrieval'] as const) {
          for (const [model, heads] of Object.entries(report[learns])) {
            const [values] = Object.values<HeadReport>(heads)
            const value = values === undefined ? null : figureOf(values, figure === 'match' ? 'auc' : figure)
            if (value !== null) gauge.set({ learns, model }, value)
          }
        }
      },
    })
  }
  const counted: Gauge<'learns'> = new Gauge({
    name: 'freshet_learning_others_examples',
    help: 'Rankings that the light ranker, and pairs that retrieval learned from since the start.',
    labelNames: ['learns'],
    registers: [registry],
    collect: (): void => {
      const progress = learning.report()?.progress
      if (progress === undefined) return
      counted.set({ learns: 'light' }, progress.light.examples)
      counted.set({ learns: 'retrieval' }, progress.retrieval.examples)
    },
  })
}

const figureOf = (report: HeadReport, figure: string): number | null => {
  const value = (report as unknown as Readonly<Record<string, number | null | undefined>>)[figure]
  return value ?? null
}
