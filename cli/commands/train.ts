import { Command, Option } from 'commander'
import type { TrainOptions } from '../learning/train.ts'
import { dataOption, examples, integer, jsonOption, urlOption } from './options.ts'

const SNAPSHOT_EXAMPLES_MAX = 1e9
const SNAPSHOT_SECONDS_MAX = 86_400

export const trainCommand = (): Command =>
  new Command('train')
    .summary('lets the heavy ranker learn from examples')
    .description(
      'Learns from the examples of a data directory that no process has open, as far as there are any; or, with\n' +
        '--url, follows those of a running `freshet up`, which takes its snapshots into service. It goes on from its\n' +
        'own last checkpoint, in the data directory: nothing is skipped or learned twice, whatever ended it.',
    )
    .addOption(dataOption())
    .addOption(urlOption())
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
    .addOption(new Option('--once', 'with --url: end when all examples that are there are learned'))
    .addOption(jsonOption())
    .addHelpText(
      'after',
      examples(
        'freshet train --data travel --json',
        'freshet train --url http://127.0.0.1:8080   # beside `freshet up --no-learn`',
      ),
    )
    .action(async (options: TrainOptions) => {
      const { train } = await import('../learning/train.ts')
      await train(options)
    })
