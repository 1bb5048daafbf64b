import { Command, Option } from 'commander'
import type { ReplayCommandOptions } from '../replay/run.ts'
import { dataOption, examples, jsonOption, partitionsOption, speed } from './options.ts'

export const replayCommand = (): Command =>
  new Command('replay')
    .summary('Sends a file of events through the same validation as HTTP.')
    .description(
      'Sends a file of events through the same validation as HTTP, into the log and the topologies.\n\n' +
        'FILE is NDJSON, one {"topic":…,"value":{…}} a line, or gzip of it (.gz). Replaying a file again ' +
        'changes nothing while its event ids are remembered.',
    )
    .argument('<file>', 'NDJSON, or .gz of it')
    .addOption(dataOption())
    .addOption(
      new Option('--to <url>', 'send to a running `freshet up` or `serve` instead of a data directory'),
    )
    .addOption(partitionsOption())
    .addOption(
      new Option('--speed <n>', '"max", or a multiple of the speed at which it happened')
        .argParser(speed)
        .default(Infinity, 'max'),
    )
    .addOption(jsonOption())
    .addHelpText(
      'after',
      examples(
        'freshet replay events.ndjson.gz',
        'freshet replay day.ndjson --speed 60           # an hour in a minute',
        'freshet replay events.ndjson --to http://127.0.0.1:8080',
      ),
    )
    .action(async (file: string, options: ReplayCommandOptions) => {
      const { runReplay } = await import('../replay/run.ts')
      await runReplay(file, options)
    })
