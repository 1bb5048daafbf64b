import { hostname } from 'node:os'
import { Command, Option } from 'commander'
import { WORKER_SETTINGS_DEFAULTS } from '../worker/settings.ts'
import { examples, integer } from './options.ts'

const STANDBYS_MAX = 8
const PARTITIONS_MAX = 4_096
const DATA_DEFAULT = '.freshet/worker'

interface WorkerCommandOptions {
  readonly kafka: string
  readonly prefix: string
  readonly group: string
  readonly member: string
  readonly data: string
  readonly partitions: number
  readonly standbys: number
  readonly port: number
  readonly host: string
}

export const workerCommand = (): Command =>
  new Command('worker')
    .summary('runs a share of the tasks on Kafka')
    .description(
      'Joins a group of workers on Kafka and runs its share of the tasks, until it is stopped; then it hands them over.',
    )
    .addOption(
      new Option('--kafka <brokers>', 'host:port of brokers, separated by commas')
        .env('FRESHET_KAFKA')
        .makeOptionMandatory(),
    )
    .addOption(
      new Option('--prefix <text>', 'begins the name of every topic')
        .env('FRESHET_PREFIX')
        .default(WORKER_SETTINGS_DEFAULTS.prefix),
    )
    .addOption(
      new Option('--group <name>', 'workers of one group share the tasks')
        .env('FRESHET_GROUP')
        .default(WORKER_SETTINGS_DEFAULTS.group),
    )
    .addOption(
      new Option('--member <name>', 'name of this worker: its own, and the same after a restart')
        .env('FRESHET_MEMBER')
        .default(hostname(), "the machine's name"),
    )
    .addOption(
      new Option('--data <dir>', 'where the state of its tasks lies')
        .env('FRESHET_DATA')
        .default(DATA_DEFAULT),
    )
    .addOption(
      new Option('--partitions <n>', 'of topics that are made here')
        .argParser(integer(1, PARTITIONS_MAX))
        .default(WORKER_SETTINGS_DEFAULTS.partitions),
    )
    .addOption(
      new Option('--standbys <n>', 'copies of each state on other workers')
        .argParser(integer(0, STANDBYS_MAX))
        .default(WORKER_SETTINGS_DEFAULTS.standbys),
    )
    .addOption(
      new Option('--port <n>', 'port of metrics and health; 0 finds a free one')
        .argParser(integer(0, 65_535))
        .default(0),
    )
    .addOption(new Option('--host <address>', 'address of metrics and health').default('127.0.0.1'))
    .addHelpText(
      'after',
      examples(
        'freshet worker --kafka localhost:9092',
        'freshet worker --kafka a:9092,b:9092 --member worker-0 --data /var/lib/freshet --standbys 1 --port 9464',
      ),
    )
    .action(async ({ kafka, data, ...options }: WorkerCommandOptions) => {
      const { brokersOf, runWorker } = await import('../worker/run.ts')
      await runWorker({
        ...WORKER_SETTINGS_DEFAULTS,
        ...options,
        brokers: brokersOf(kafka),
        dataDirectory: data,
      })
    })
