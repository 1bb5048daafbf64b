import { Command, Option } from 'commander'
import type { OffPolicyOptions } from '../off-policy/run.ts'
import { dataOption, examples, jsonOption, urlOption } from './options.ts'

const ABOUT =
  'Estimates what a ranking that never served would earn, from what was served.\n\n' +
  'Where the ranking leaves a place to chance (`exploration` in ranking.json), each example says how likely its post ' +
  'was to be there. Of those places it is asked what another ranking would have put there, and what came of what was ' +
  'there is weighed accordingly: by inverse propensities (IPS), self-normalised, and doubly robust, with 95% ' +
  'confidence intervals. cli/off-policy/README.md says how. Of a data directory that no process has open, or with ' +
  '--url of a running `freshet up` of this machine.'

export const offPolicyCommand = (): Command =>
  new Command('off-policy')
    .summary('Estimates what another ranking would earn, from logged chances.')
    .description(ABOUT)
    .addOption(
      new Option(
        '--ranking <file>',
        'the ranking that is asked; ranking.json of the data directory where left out',
      ),
    )
    .addOption(
      new Option(
        '--model <version>',
        'the heavy model that is asked, or how its version begins; what served where left out',
      ),
    )
    .addOption(dataOption())
    .addOption(urlOption())
    .addOption(jsonOption())
    .addHelpText(
      'after',
      examples(
        'freshet off-policy --ranking more-likes.json',
        'freshet off-policy --model 4fd1c2 --url http://127.0.0.1:8080 --json',
      ),
    )
    .action(async (options: OffPolicyOptions) => {
      const { runOffPolicy } = await import('../off-policy/run.ts')
      await runOffPolicy(options)
    })
