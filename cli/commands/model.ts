import { Argument, Command, Option } from 'commander'
import {
  REGISTERED_MODELS,
  type RegisteredModel,
  SHADOW_SHARE,
  SHADOW_SHARE_MIN,
} from '../../models/registry/record.ts'
import { type ModelAdmin, recordLike } from '../models/admin.ts'
import { differences, differenceText, listText, recordText } from '../models/tables.ts'
import { print, printJson } from '../terminal.ts'
import { type DataOptions, dataOption, examples, jsonOption, shareFrom, urlOption } from './options.ts'

const ABOUT =
  'Shows and changes which snapshots serve.\n\n' +
  'Of a data directory, whether a server is at work on it or not, or with --url of a running one. A server serves ' +
  'what is live within a second, and drops no request.'

interface ReasonOptions extends DataOptions {
  readonly reason: string
}

export const modelCommand = (): Command =>
  new Command('model')
    .summary('Shows and changes which snapshots serve.')
    .description(ABOUT)
    .addCommand(listCommand())
    .addCommand(showCommand())
    .addCommand(diffCommand())
    .addCommand(promoteCommand())
    .addCommand(rollbackCommand())
    .addCommand(shadowCommand())

const modelArgument = (): Argument => new Argument('<model>', 'which model').choices(REGISTERED_MODELS)

const reasonOption = (fallback: string): Option =>
  new Option('--reason <text>', 'why; kept with the version').default(fallback)

const shared = (command: Command): Command =>
  command.addOption(dataOption()).addOption(urlOption()).addOption(jsonOption())

const opened = async (options: DataOptions): Promise<ModelAdmin> =>
  (await import('../models/open.ts')).openModelAdmin(options)

const listCommand = (): Command =>
  shared(new Command('list'))
    .description('Lists the snapshots that are registered: what serves, what did, what was refused and why.')
    .addHelpText('after', examples('freshet model list', 'freshet model list --url http://127.0.0.1:8080'))
    .action(async (options: DataOptions) => {
      const list = await (await opened(options)).list()
      if (options.json) printJson(list)
      else print(listText(list))
    })

const showCommand = (): Command =>
  shared(new Command('show'))
    .description('Shows a snapshot: where it comes from, its figures, and those of what was live beside it.')
    .argument('<version>', 'the version, or how it begins')
    .addHelpText('after', examples('freshet model show 4fd1c2'))
    .action(async (version: string, options: DataOptions) => {
      const { records } = await (await opened(options)).list()
      const record = recordLike(records, version)
      if (options.json) printJson(record)
      else print(recordText(record))
    })

const diffCommand = (): Command =>
  shared(new Command('diff'))
    .description('Compares what two snapshots were judged by, head by head.')
    .argument('<version>', 'the version, or how it begins')
    .argument('<other>', 'another')
    .addHelpText('after', examples('freshet model diff 4fd1c2 99b0a1'))
    .action(async (version: string, otherVersion: string, options: DataOptions) => {
      const { records } = await (await opened(options)).list()
      const [one, other] = [recordLike(records, version), recordLike(records, otherVersion)]
      if (options.json) printJson({ one, other, figures: differences(one, other) })
      else print(differenceText(one, other))
    })

interface PromoteOptions extends ReasonOptions {
  readonly hold?: boolean
}

const promoteCommand = (): Command =>
  shared(new Command('promote'))
    .summary('Makes a snapshot live, whatever the gate said.')
    .description('Makes a snapshot live, whatever the gate said. Ends what a rollback held.')
    .argument('<version>', 'the version, or how it begins')
    .addOption(reasonOption('promoted by hand'))
    .addOption(new Option('--hold', 'keep it live until the next promotion by hand'))
    .addHelpText('after', examples('freshet model promote 4fd1c2 --reason "good on Monday"'))
    .action(async (version: string, options: PromoteOptions) => {
      const admin = await opened(options)
      const { model, version: whole } = recordLike((await admin.list()).records, version)
      const { reason, hold = false } = options
      const record = await admin.promote({ model, version: whole, reason, hold })
      if (options.json) printJson(record)
      else print(`${model} ${whole} is live.${hold ? ' Offers wait until the next promotion by hand.' : ''}`)
    })

const rollbackCommand = (): Command =>
  shared(new Command('rollback'))
    .summary('Goes back to what served before the live snapshot.')
    .description(
      'Goes back to what served before the live snapshot. Offers then wait as candidates, until one is promoted by hand.',
    )
    .addArgument(modelArgument())
    .addOption(reasonOption('rolled back by hand'))
    .addHelpText('after', examples('freshet model rollback heavy --reason "odd feeds since noon"'))
    .action(async (model: RegisteredModel, options: ReasonOptions) => {
      const record = await (await opened(options)).rollback(model, options.reason)
      if (options.json) printJson(record)
      else print(`${model} ${record.version} is live again. Offers wait until a promotion by hand.`)
    })

interface ShadowOptions extends DataOptions {
  readonly share: number
}

const shadowCommand = (): Command =>
  shared(new Command('shadow'))
    .summary('Lets a snapshot score a share of the requests beside the live one.')
    .description(
      'Lets a snapshot score a share of the requests beside the live one; without a version, none. How it differs is ' +
        'told by freshet_shadow_… at /metrics. Only the heavy ranker has a shadow: what is scored again is pages.',
    )
    .addArgument(modelArgument())
    .argument('[version]', 'the version, or how it begins')
    .addOption(
      new Option('--share <share>', `share of the requests, from ${SHADOW_SHARE_MIN} to 1`)
        .argParser(shareFrom(SHADOW_SHARE_MIN))
        .default(SHADOW_SHARE),
    )
    .addHelpText(
      'after',
      examples('freshet model shadow heavy 4fd1c2 --share 0.25', 'freshet model shadow heavy'),
    )
    .action(async (model: RegisteredModel, version: string | undefined, options: ShadowOptions) => {
      const admin = await opened(options)
      const whole =
        version === undefined
          ? null
          : recordLike(
              (await admin.list()).records.filter((each) => each.model === model),
              version,
            ).version
      const record = await admin.shadow(model, whole, options.share)
      if (options.json) printJson(record)
      else print(record === null ? `Nothing shadows ${model}.` : `${model} ${record.version} is the shadow.`)
    })
