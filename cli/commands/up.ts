import { Command, Option } from 'commander'
import { USERS_MIN } from '../../world/parameters.ts'
import { configOption, serviceOptions, type SettingOptions, settingsOf } from '../config/options.ts'
import type { Settings } from '../config/schema.ts'
import { CliError } from '../errors.ts'
import type { UpOptions } from '../up.ts'
import { DATA_DEFAULT, WORLD_DIRECTORY, examples, integer, partitionsOption } from './options.ts'

const PORT_DEFAULT = 8080
/** A larger world would take minutes to begin. */
const LIVE_USERS_MAX = 5_000

/** What the command line says; secrets are not said there. */
type GivenOptions = Omit<UpOptions, 'scorers' | 'cursorSecret' | 'token' | 'negativesKept'> & SettingOptions

export const upCommand = (): Command => {
  const command = new Command('up')
    .summary('Runs everything in one process: takes events over HTTP, processes them, serves feeds.')
    .description(
      'Runs everything in one process: takes events over HTTP, processes them, serves feeds.\n\n' +
        'On services, it is a worker and a serving process in one; see `freshet config`.',
    )
    .addOption(
      new Option('--data <dir>', 'data directory, made if missing').default(DATA_DEFAULT).conflicts('world'),
    )
    .addOption(
      new Option('--port <n>', 'port; 0 finds a free one')
        .argParser(integer(0, 65_535))
        .default(PORT_DEFAULT),
    )
    .addOption(new Option('--host <address>', 'address to listen on').default('127.0.0.1'))
    .addOption(partitionsOption())
    .addOption(
      new Option(
        '--world <users>',
        `start anew in ${WORLD_DIRECTORY}, with an invented society that lives as you look`,
      ).argParser(integer(USERS_MIN, LIVE_USERS_MAX)),
    )
    .addOption(configOption())
    .addOption(new Option('--learn', 'models learn from examples as they come; in a world they always do'))
    .addOption(new Option('--no-learn', 'models stay as they are, in a world too'))
    .addHelpText(
      'after',
      examples(
        'freshet up',
        'freshet up --world 300 --port 0',
        'freshet up --data /var/lib/freshet --port 80',
        'freshet up --kafka localhost:9092 --redis redis://localhost:6379 --registry http://localhost:8081',
      ) + '\n\nStop it with Ctrl+C; nothing that was accepted is lost.',
    )
    .action(async (options: GivenOptions, command: Command) => {
      const settings = await settingsFor(options, command)
      if (settings.kafka.brokers.length === 0) {
        assertNoServices(settings)
        const { up } = await import('../up.ts')
        const { host, port, scorers, cursorSecret } = settings.serving
        await up({
          ...options,
          host,
          port,
          scorers,
          cursorSecret,
          token: settings.http.token,
          negativesKept: settings.learning.negativesKept,
        })
      } else {
        assertNoWorld(options)
        const { upOnServices } = await import('../up-on-services.ts')
        await upOnServices(settings, options.learn ?? false)
      }
    })
  for (const option of serviceOptions()) command.addOption(option.conflicts('world'))
  return command
}

/** The option is at odds with those of services, and with services that a file or the environment names. */
const assertNoWorld = ({ world }: GivenOptions): void => {
  if (world === undefined) return
  throw new CliError(
    'USAGE',
    '--world opens in one process; kafka.brokers is set by a file or FRESHET_KAFKA_BROKERS: leave one out',
  )
}

/** In one process nothing would be carried to them, and nobody would be told. */
const assertNoServices = ({ redis, registry }: Settings): void => {
  const named = [
    ...(redis.urls.length > 0 ? ['redis.urls'] : []),
    ...(registry.url === null ? [] : ['registry.url']),
  ]
  if (named.length === 0) return
  throw new CliError(
    'CONFIG_INVALID',
    `kafka.brokers is missing, and without Kafka there is no use for ${named.join(' and ')}: ` +
      'set it in the file, or give FRESHET_KAFKA_BROKERS or --kafka; or leave the others out',
  )
}

/** Options that were given count for services too; their defaults are those of one process alone. */
const settingsFor = async (options: GivenOptions, command: Command): Promise<Settings> => {
  const given = (name: 'data' | 'port' | 'host' | 'partitions'): string | undefined =>
    command.getOptionValueSource(name) === 'cli' ? String(options[name]) : undefined
  const { settings } = await settingsOf(options, {
    'worker.data': given('data'),
    'serving.port': given('port'),
    'serving.host': given('host'),
    'topics.partitions': given('partitions'),
  })
  return settings
}
