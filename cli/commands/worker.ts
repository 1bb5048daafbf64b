import { Command, Option } from 'commander'
import { configOption, serviceOptions, type SettingOptions, settingsOf } from '../config/options.ts'
import { examples } from './options.ts'

/** Options by the path of the setting that each overrides. */
const OPTIONS = {
  'kafka.prefix': ['--prefix <text>', 'begins the name of every topic'],
  'worker.group': ['--group <name>', 'workers of one group share the tasks'],
  'worker.member': ['--member <name>', 'name of this worker: its own, and the same after a restart'],
  'worker.data': ['--data <dir>', 'where the state of its tasks lies'],
  'topics.partitions': ['--partitions <n>', 'of topics that are made because they are missing'],
  'worker.standbys': ['--standbys <n>', 'copies of each state on other workers'],
  'worker.port': ['--port <n>', 'port of metrics, health and state; 0 finds a free one'],
  'worker.host': ['--host <address>', 'address of the same'],
} as const

export const workerCommand = (): Command => {
  const command = new Command('worker')
    .summary('Runs a share of the tasks on Kafka.')
    .description(
      'Joins a group of workers on Kafka and runs its share of the tasks, until it is stopped; then it hands them over. ' +
        'Where a Redis is named, rows are carried to it for `freshet serve`.\n\n' +
        'Settings come from a file and the environment too: see `freshet config`.',
    )
    .addOption(configOption())
    .addHelpText(
      'after',
      examples(
        'freshet worker --kafka localhost:9092 --redis redis://localhost:6379',
        'freshet worker --kafka a:9092,b:9092 --member worker-0 --data /var/lib/freshet --standbys 1 --port 9464',
      ),
    )
    .action(async (options: SettingOptions & Readonly<Record<string, string | undefined>>) => {
      const given = Object.entries(OPTIONS).map(([path, [flags]]) => [path, options[nameOf(flags)]] as const)
      const { settings } = await settingsOf(options, Object.fromEntries(given))
      const { runWorker } = await import('../worker/run.ts')
      await runWorker(settings)
    })
  for (const option of serviceOptions()) command.addOption(option)
  for (const [flags, about] of Object.values(OPTIONS)) command.addOption(new Option(flags, about))
  return command
}

/** `--data <dir>` is `data` among the options read. */
const nameOf = (flags: string): string => /^--([a-z]+)/.exec(flags)![1]!
