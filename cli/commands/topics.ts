import { Command, Option } from 'commander'
import { configOption, kafkaOption, type SettingOptions, settingsOf } from '../config/options.ts'
import { print, printJson } from '../terminal.ts'
import { examples, jsonOption } from './options.ts'

/** Something is not as it should be: left for a person, or for `--yes`. */
export const DIFFERS = 3

interface ApplyOptions extends SettingOptions {
  readonly yes?: boolean
  readonly json?: boolean
}

export const topicsCommand = (): Command =>
  new Command('topics')
    .summary('Makes the topics on Kafka, with the right settings.')
    .description('Makes the topics on Kafka, as the topologies and contracts declare them.')
    .addCommand(applyCommand())

const applyCommand = (): Command =>
  new Command('apply')
    .summary('Shows what is to be made and changed, and does it with --yes.')
    .description(
      'Shows what is to be made and changed, and does it with --yes.\n\n' +
        'What cannot be changed without loss (a number of partitions, of replicas) is told as drift. ' +
        `Ends with ${DIFFERS} when something is not as it should be, and 0 when everything is.`,
    )
    .addOption(new Option('--yes', 'make and change them'))
    .addOption(configOption())
    .addOption(kafkaOption())
    .addOption(jsonOption())
    .addHelpText(
      'after',
      examples('freshet topics apply', 'freshet topics apply --kafka localhost:9092 --yes --json'),
    )
    .action(async (options: ApplyOptions) => {
      const { settings } = await settingsOf(options)
      const { applyTopics } = await import('../topics/apply.ts')
      const { planLines } = await import('../topics/plan.ts')
      const { everything } = await import('../../topologies/index.ts')
      const yes = options.yes === true
      const plan = await applyTopics(everything, settings, () => (yes ? 'all' : 'nothing'))
      const pending = plan.create.length + plan.change.length
      if (options.json) printJson({ ...plan, applied: yes })
      else {
        print(planLines(plan).join('\n'))
        if (pending > 0) print(yes ? 'Done.' : 'Nothing was changed: --yes does it.')
      }
      if (plan.drift.length > 0 || (pending > 0 && !yes)) process.exitCode = DIFFERS
    })
