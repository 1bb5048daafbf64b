import { Command, Option } from 'commander'
import type { TrainOptions } from '../learning/train.ts'
import { configOption, isOnKafka, kafkaOption, type SettingOptions, settingsOf } from '../config/options.ts'
import { dataOption, examples, integer, jsonOption, urlOption } from './options.ts'

const SNAPSHOT_EXAMPLES_MAX = 1e9
const SNAPSHOT_SECONDS_MAX = 86_400
const PORT_MAX = 65_535

interface TrainCommandOptions extends Omit<TrainOptions, 'negativesKept'>, SettingOptions {
  readonly negativesKept?: string
  readonly data: string
  readonly url?: string
}

export const trainCommand = (): Command => {
  const command = new Command('train')
    .summary('Lets the models learn from examples.')
    .description(
      'Learns from the examples on Kafka where its brokers are set, by an option, the environment or a file, for all ' +
        'serving processes that share the directory of snapshots (serving.data). Else, or with --data, from those of ' +
        'a data directory that no process has open, as far as there are any; with --url it follows those of a ' +
        'running `freshet up` or `freshet serve` of this machine, which takes its snapshots into service.\n\n' +
        'It goes on from its own last checkpoint, beside the snapshots: nothing is skipped or learned twice, ' +
        'whatever ended it. One trainer a directory.',
    )
    .addOption(dataOption().conflicts(['url', 'kafka']))
    .addOption(urlOption('`freshet up` or `serve`').conflicts('kafka'))
    .addOption(configOption())
    .addOption(kafkaOption())
    .addOption(
      new Option('--snapshot-examples <n>', 'a snapshot after so many examples')
        .argParser(integer(1, SNAPSHOT_EXAMPLES_MAX))
        .default(65_536),
    )
    .addOption(
      new Option('--snapshot-seconds <s>', 'a snapshot so long after the last one, when there were examples')
        .argParser(integer(1, SNAPSHOT_SECONDS_MAX))
        .default(30),
    )
    .addOption(
      new Option(
        '--metrics-port <n>',
        'tell Prometheus at /metrics of this port; 0 finds a free one',
      ).argParser(integer(0, PORT_MAX)),
    )
    .addOption(
      new Option('--metrics-host <address>', 'address that it tells of itself at').default('127.0.0.1'),
    )
    .addOption(
      new Option(
        '--negatives-kept <share>',
        'share of negatives to learn from, each counting for as many more; learning.negativesKept where not said',
      ),
    )
    .addOption(new Option('--once', 'end when all examples that are there are learned'))
    .addOption(jsonOption())
    .addHelpText(
      'after',
      examples(
        'freshet train --data travel --json',
        'freshet train --url http://127.0.0.1:8080   # beside `freshet up --no-learn`',
        'freshet train --kafka localhost:9092        # beside workers and serving processes',
      ),
    )
    .action(
      async ({ data, url, config, kafka, negativesKept, ...said }: TrainCommandOptions, command: Command) => {
        const { trainBeside, trainOnData, trainOnKafka } = await import('../learning/train.ts')
        const given = { ...(kafka !== undefined && { kafka }), ...(config !== undefined && { config }) }
        const { settings } = await settingsOf(given, { 'learning.negativesKept': negativesKept })
        const options = { ...said, negativesKept: settings.learning.negativesKept }
        if (url !== undefined) await trainBeside(url, options)
        else if (isOnKafka(command, settings)) await trainOnKafka(settings, options)
        else await trainOnData(data, options)
      },
    )
  return command
}
