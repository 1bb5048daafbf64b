import { Command, Option } from 'commander'
import type { EvaluateCommandOptions } from '../evaluate/run.ts'
import { examples, integer, jsonOption, share } from './options.ts'

const SEED_MAX = 2 ** 32 - 1

export const evaluateCommand = (): Command =>
  new Command('evaluate')
    .summary('Measures how well feeds are ranked, on a file of events.')
    .description(
      'Ranks what users interact with next among what they might have, before it happens.\n\n' +
        'FILE is NDJSON as for `freshet replay`, or gzip of it (.gz). Its events are taken in by event time into ' +
        'a temporary directory. In the last fifth of the time span, each first positive interaction of a user ' +
        "with another's post that is at least an hour old is foretold. cli/evaluate/README.md says how.",
    )
    .argument('<file>', 'NDJSON, or .gz of it')
    .addOption(new Option('--seed <n>', 'draws the other posts').argParser(integer(0, SEED_MAX)).default(1))
    .addOption(new Option('--from <share>', 'where in the time span to begin').argParser(share).default(0.8))
    .addOption(new Option('--to <share>', 'where in the time span to end').argParser(share).default(1))
    .addOption(
      new Option('--learn', 'the model learns from each interaction, once it was ranked, and ranks the next'),
    )
    .addOption(
      new Option('--learn-from <share>', 'where in the time span learning begins, before what is measured')
        .argParser(share)
        .default(0.6),
    )
    .addOption(jsonOption())
    .addHelpText(
      'after',
      examples(
        'freshet evaluate travel.ndjson --json',
        'freshet evaluate travel.ndjson --from 0.6 --to 0.8   # an earlier span, to tune on',
      ),
    )
    .action(async (file: string, options: EvaluateCommandOptions) => {
      const { runEvaluate } = await import('../evaluate/run.ts')
      await runEvaluate(file, options)
    })
