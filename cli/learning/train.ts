import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { EmbeddedLog } from '../../engine/log/embedded.ts'
import { Database } from '../../engine/storage/database.ts'
import type { ModelRecord } from '../../models/registry/record.ts'
import { type ExampleSource, READ_BYTES_MAX } from '../../models/training/example-source.ts'
import { DEFAULT_TRAINER, Trainer } from '../../models/training/trainer.ts'
import { examples } from '../../schemas/examples/index.ts'
import { CliError } from '../errors.ts'
import { systemClock } from '../runtime/clock.ts'
import { contentOf } from '../runtime/open.ts'
import { openRegistry } from '../serving/models.ts'
import { grouped, print, printJson, Progress } from '../terminal.ts'
import type { LearningReport } from './messages.ts'
import { LEARNING_DIRECTORY } from './open.ts'
import { progressOf } from './progress.ts'
import { reportOf } from './report.ts'
import { RemoteExamples } from './remote-examples.ts'

export interface TrainOptions {
  readonly data: string
  /** Of a running server, whose data directory then counts. */
  readonly url?: string
  readonly snapshotExamples: number
  readonly snapshotSeconds: number
  readonly once?: boolean
  readonly json?: boolean
}

/** Follows a server, or learns what a directory holds. */
export const train = async (options: TrainOptions): Promise<void> =>
  options.url === undefined ? trainOnData(options) : trainBeside(new RemoteExamples(options.url), options)

const trainOnData = async (options: TrainOptions): Promise<void> => {
  const { data } = options
  if ((await contentOf(data)) !== 'data') throw new CliError('NO_DATA', `"${data}" is no data directory`)
  const database = await Database.open(data)
  try {
    const log = await EmbeddedLog.open(database, { clock: () => systemClock.now() })
    const source: ExampleSource = {
      partitions: log.partitions(examples.topic),
      read: (partition, offset) => log.read(examples.topic, partition, offset, READ_BYTES_MAX),
    }
    // Nobody else has the directory: nothing more will come.
    await learn({ ...options, once: true }, data, source, () => Promise.resolve())
    await log.close()
  } finally {
    await database.close()
  }
}

const trainBeside = async (remote: RemoteExamples, options: TrainOptions): Promise<void> => {
  const { data, partitions } = await remote.about()
  const read = (partition: number, offset: number): ReturnType<RemoteExamples['read']> =>
    remote.read(partition, offset)
  await learn(options, data, { partitions, read }, ({ version }) => remote.offered(version))
}

const learn = async (
  options: TrainOptions,
  data: string,
  source: ExampleSource,
  offered: (record: ModelRecord) => Promise<void>,
): Promise<void> => {
  const { snapshotExamples, snapshotSeconds, once = false } = options
  const checkpoints = join(data, LEARNING_DIRECTORY)
  await mkdir(checkpoints, { recursive: true })
  const registry = await openRegistry(data, systemClock)
  const trainer = await Trainer.open(
    {
      source,
      checkpoints,
      snapshots: registry.root,
      clock: systemClock,
      offer: async (offer) => offered(await registry.offer(offer.directory, progressOf(offer))),
    },
    { ...DEFAULT_TRAINER, snapshotExamples, snapshotMs: snapshotSeconds * 1_000 },
  )
  const progress = new Progress(() => systemClock.monotonicMs())
  let isStopping = false
  const stop = (): void => {
    isStopping = true
  }
  process.once('SIGINT', stop).once('SIGTERM', stop)
  try {
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
    await trainer.dispose()
  }
}

const standing = ({ progress: { examples: learned, steps, snapshots } }: Trainer): string =>
  `${grouped(learned)} examples · ${grouped(steps)} steps · ${grouped(snapshots)} snapshots`

const NAME_WIDTH = 16
const COLUMN_WIDTH = 14
const DIGITS = 4

const summary = ({ progress, heads }: LearningReport): string => {
  const cell = (value: number | null): string =>
    (value === null ? '' : value.toFixed(DIGITS)).padStart(COLUMN_WIDTH)
  const titles = ['positives', 'auc', 'log_loss', 'entropy', 'calibration']
  return [
    `${grouped(progress.examples)} examples, ${grouped(progress.steps)} steps in all, each foreseen before it was learned:`,
    ''.padEnd(NAME_WIDTH) + titles.map((title) => title.padStart(COLUMN_WIDTH)).join(''),
    ...Object.entries(heads).flatMap(([name, head]) =>
      head.kind === 'time'
        ? []
        : [
            name.padEnd(NAME_WIDTH) +
              grouped(head.positives).padStart(COLUMN_WIDTH) +
              [head.auc, head.logLoss, head.normalisedEntropy, head.calibration].map(cell).join(''),
          ],
    ),
  ].join('\n')
}
