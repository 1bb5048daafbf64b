import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { EmbeddedLog } from '../../engine/log/embedded.ts'
import { KafkaLog } from '../../engine/log/kafka.ts'
import { Database } from '../../engine/storage/database.ts'
import type { HeadReports } from '../../models/metrics/progressive.ts'
import type { TopicSource, TrainingTopic } from '../../models/training/topic-source.ts'
import type { CourseProgress } from '../../models/training/student.ts'
import { DEFAULT_LEARNER } from '../../models/training/learner.ts'
import { DEFAULT_TRAINER, Trainer } from '../../models/training/trainer.ts'
import type { Settings } from '../config/schema.ts'
import { kafkaOptionsOf } from '../config/services.ts'
import { CliError } from '../errors.ts'
import { systemClock } from '../runtime/clock.ts'
import { contentOf } from '../runtime/open.ts'
import { openRegistry } from '../serving/models.ts'
import { grouped, print, printJson, Progress } from '../terminal.ts'
import type { BothReports, LearningReport, Offered } from './messages.ts'
import { tellBegunAnew } from './begun-anew.ts'
import { liveOf } from './live-of.ts'
import { logSource } from './log-source.ts'
import { LEARNING_DIRECTORY } from './open.ts'
import { progressOf } from './progress.ts'
import { reportOf } from './report.ts'
import { RemoteLearning } from './remote-learning.ts'
import { ServedSnapshots } from './served-snapshots.ts'
import { type MetricsAddress, tellTrainer } from './telling.ts'

export interface TrainOptions extends MetricsAddress {
  readonly snapshotExamples: number
  readonly snapshotSeconds: number
  /** See `LearnerOptions`. */
  readonly negativesKept: number
  readonly once?: boolean
  readonly json?: boolean
}

/** Learns what a directory holds that nobody else has open: nothing more will come. */
export const trainOnData = async (data: string, options: TrainOptions): Promise<void> => {
  if ((await contentOf(data)) !== 'data') throw new CliError('NO_DATA', `"${data}" is no data directory`)
  const database = await Database.open(data)
  try {
    const log = await EmbeddedLog.open(database, { clock: () => systemClock.now() })
    await learn({ ...options, once: true }, data, logSource(log), () => Promise.resolve())
    await log.close()
  } finally {
    await database.close()
  }
}

/**
 * Follows the examples on Kafka. Snapshots and checkpoints go to the directory of a serving process, and of all
 * others that share it: they look every half second for what is live.
 */
export const trainOnKafka = async (settings: Settings, options: TrainOptions): Promise<void> => {
  const log = await KafkaLog.open(await kafkaOptionsOf(settings))
  try {
    await learn(options, settings.serving.data, logSource(log), () => Promise.resolve())
  } finally {
    await log.close()
  }
}

/** Follows a running server on this machine, whose data directory counts. */
export const trainBeside = async (url: string, options: TrainOptions): Promise<void> => {
  const remote = new RemoteLearning(url)
  const { data, partitions } = await remote.about()
  const sourceOf = (topic: TrainingTopic): TopicSource => ({
    partitions: partitions[topic],
    read: (partition, offset) => remote.read(topic, partition, offset),
  })
  await learn(options, data, sourceOf, (offered) => remote.offered(offered))
}

const learn = async (
  options: TrainOptions,
  data: string,
  sourceOf: (topic: TrainingTopic) => TopicSource,
  offered: (offered: Offered) => Promise<void>,
): Promise<void> => {
  const { snapshotExamples, snapshotSeconds, negativesKept, once = false } = options
  const checkpoints = join(data, LEARNING_DIRECTORY)
  await mkdir(checkpoints, { recursive: true })
  const registry = await openRegistry(data, systemClock)
  // Servers follow the registry: within a second they serve what is live by then.
  const served = new ServedSnapshots({ follow: async () => undefined }, systemClock)
  const trainer = await Trainer.open(
    {
      examples: sourceOf('examples'),
      samples: sourceOf('ranking-samples'),
      checkpoints,
      snapshots: registry.root,
      clock: systemClock,
      live: liveOf(registry),
      offer: async (offer) => {
        const record = await registry.offer(offer.directory, progressOf(offer))
        const told = { record, labelTimes: offer.labelTimes }
        await offered(told)
        await served.take(told)
      },
    },
    {
      ...DEFAULT_TRAINER,
      learner: { ...DEFAULT_LEARNER, negativesKept },
      snapshotExamples,
      snapshotMs: snapshotSeconds * 1_000,
    },
  )
  tellBegunAnew(trainer)
  const progress = new Progress(() => systemClock.monotonicMs())
  let isStopping = false
  const stop = (): void => {
    isStopping = true
  }
  process.once('SIGINT', stop).once('SIGTERM', stop)
  let untell = async (): Promise<void> => undefined
  try {
    untell = await tellTrainer(trainer, served, systemClock, options)
    await trainer.run({
      stopping: () => isStopping,
      idle: async (ms) => {
        if (once) isStopping = true
        else await pause(ms)
      },
      told: () => progress.update(() => standing(trainer)),
    })
    progress.clear()
    if (options.json) printJson(reportOf(trainer))
    else print(summary(reportOf(trainer)))
  } finally {
    progress.clear()
    process.off('SIGINT', stop).off('SIGTERM', stop)
    await untell()
    await trainer.dispose()
  }
}

const standing = ({ progress: { examples, steps, snapshots, light, retrieval } }: Trainer): string =>
  [
    `${grouped(examples)} examples`,
    `${grouped(steps)} steps`,
    `${grouped(light.examples)} rankings`,
    `${grouped(retrieval.examples)} pairs`,
    `${grouped(snapshots)} snapshots`,
  ].join(' · ')

const NAME_WIDTH = 16
const COLUMN_WIDTH = 14
const DIGITS = 4

const summary = ({ progress, heads, light, retrieval }: LearningReport): string => {
  const cell = (value: number | null): string =>
    (value === null ? '' : value.toFixed(DIGITS)).padStart(COLUMN_WIDTH)
  const titles = ['positives', 'auc', 'log_loss', 'entropy', 'calibration']
  return [
    `${grouped(progress.examples)} examples, ${grouped(progress.steps)} steps in all, each foreseen before it was learned:`,
    ''.padEnd(NAME_WIDTH) + titles.map((title) => title.padStart(COLUMN_WIDTH)).join(''),
    ...Object.entries(heads).flatMap(([name, head]) =>
      head.kind === 'probability'
        ? [
            name.padEnd(NAME_WIDTH) +
              grouped(head.positives).padStart(COLUMN_WIDTH) +
              [head.auc, head.logLoss, head.normalisedEntropy, head.calibration].map(cell).join(''),
          ]
        : [],
    ),
    besideText('light ranker', 'rankings', progress.light, light),
    besideText('retrieval', 'pairs', progress.retrieval, retrieval),
  ].join('\n')
}

/** What was learned beside the heavy ranker: how much, and its loss beside that of what was live. */
const besideText = (
  name: string,
  what: string,
  { examples, steps }: CourseProgress,
  { learner, live }: BothReports,
): string => {
  const lossOf = (reports: HeadReports): string =>
    Object.values(reports)
      .map((report) => ('loss' in report && report.loss !== null ? report.loss.toFixed(DIGITS) : '-'))
      .join()
  return `${name}: ${grouped(examples)} ${what}, ${grouped(steps)} steps in all, loss ${lossOf(learner)} (live ${lossOf(live)})`
}
