import { assertReadable } from '../intake/event-file.ts'
import { tellRefusals } from '../intake/telling.ts'
import { systemClock } from '../runtime/clock.ts'
import { grouped, print, printJson, Progress } from '../terminal.ts'
import { evaluate, type EvaluateProgress, type EvaluateReport } from './evaluate.ts'
import { METHODS, type MethodMetrics } from './evaluation.ts'
import { LearningRanker } from './learning-ranker.ts'
import { HeavyRanker } from './ranker.ts'

export interface EvaluateCommandOptions {
  readonly seed: number
  readonly from: number
  readonly to: number
  readonly learn?: boolean
  readonly learnFrom: number
  readonly json?: boolean
}

/** What `freshet evaluate` does. */
export const runEvaluate = async (file: string, options: EvaluateCommandOptions): Promise<void> => {
  await assertReadable(file)
  const { seed, from, to, learn = false, learnFrom } = options
  const progress = new Progress(() => systemClock.monotonicMs())
  try {
    const report = await evaluate({
      file,
      seed,
      from,
      to,
      clock: systemClock,
      ...(learn && { learnFrom }),
      ranker: (runtime) => (learn ? LearningRanker.open(runtime) : HeavyRanker.open(runtime)),
      onRefused: tellRefusals(progress),
      onProgress: (now) => progress.update(() => standing(now)),
    })
    progress.clear()
    if (options.json) printJson(report)
    else print(summary(report))
  } finally {
    progress.clear()
  }
}

const standing = ({ taken, events, evaluated }: EvaluateProgress): string =>
  `${grouped(taken)} of ${grouped(events)} events · ${grouped(evaluated)} interactions ranked`

const COLUMNS = ['recall_at_5', 'recall_at_10', 'ndcg_at_10', 'mrr', 'auc'] as const
const NAME_WIDTH = 12
const COLUMN_WIDTH = 14
const DIGITS = 4

const tableOf = (title: string, methods: MethodMetrics): readonly string[] => [
  title,
  ''.padEnd(NAME_WIDTH) + COLUMNS.map((column) => column.padStart(COLUMN_WIDTH)).join(''),
  ...METHODS.map(
    (method) =>
      method.padEnd(NAME_WIDTH) +
      COLUMNS.map((column) => methods[method][column].toFixed(DIGITS).padStart(COLUMN_WIDTH)).join(''),
  ),
]

const summary = (report: EvaluateReport): string => {
  const { methods, segments, skipped, seconds, evaluated_from, evaluated_to } = report
  const { known_users: known, passive_users: passive } = segments
  return [
    `${grouped(methods.freshet.n)} interactions from ${evaluated_from} to ${evaluated_to}, each among ${report.candidates} posts`,
    `skipped: not visible ${grouped(skipped.not_visible)}, too few others ${grouped(skipped.too_few_others)}, ` +
      `touched before the span ${grouped(skipped.touched_before_span)}, ` +
      `touched when the post was young ${grouped(skipped.touched_when_young)}`,
    '',
    ...tableOf('all users', methods),
    '',
    ...tableOf(
      `users with at least ${known.earlier_interactions_min} earlier interactions: ${grouped(known.methods.freshet.n)}`,
      known.methods,
    ),
    '',
    ...tableOf(`users who look and rarely do more: ${grouped(passive.methods.freshet.n)}`, passive.methods),
    '',
    `${grouped(report.events)} events (${grouped(report.refused)} refused) in ${seconds} s`,
  ].join('\n')
}
