import { Command, Option } from 'commander'
import { USERS_MIN } from '../../world/parameters.ts'
import type { UpOptions } from '../up.ts'
import { DATA_DEFAULT, WORLD_DIRECTORY, examples, integer, PARTITIONS_MAX } from './options.ts'

const PORT_DEFAULT = 8080
/** A larger world would take minutes to begin. */
const LIVE_USERS_MAX = 5_000

export const upCommand = (): Command =>
  new Command('up')
    .description('Runs everything in one process: takes events over HTTP, processes them, serves feeds.')
    .addOption(
      new Option('--data <dir>', 'data directory, made if missing').default(DATA_DEFAULT).conflicts('world'),
    )
    .addOption(
      new Option('--port <n>', 'port; 0 finds a free one')
        .argParser(integer(0, 65_535))
        .default(PORT_DEFAULT),
    )
    .addOption(new Option('--host <address>', 'address to listen on').default('127.0.0.1'))
    .addOption(
      new Option('--partitions <n>', 'partitions of a new data directory').argParser(
        integer(1, PARTITIONS_MAX),
      ),
    )
    .addOption(
      new Option(
        '--world <users>',
        `start anew in ${WORLD_DIRECTORY}, with an invented society that lives as you look`,
      ).argParser(integer(USERS_MIN, LIVE_USERS_MAX)),
    )
    .addOption(new Option('--learn', 'models learn from examples as they come; in a world they always do'))
    .addOption(new Option('--no-learn', 'models stay as they are, in a world too'))
    .addHelpText(
      'after',
      examples(
        'freshet up',
        'freshet up --world 300 --port 0',
        'freshet up --data /var/lib/freshet --port 80',
      ) + '\nStop it with Ctrl+C; nothing that was accepted is lost.\n',
    )
    .action(async (options: UpOptions) => {
      const { up } = await import('../up.ts')
      await up(options)
    })
