import { Command } from 'commander'
import { columns } from '../columns.ts'
import type { FeatureView } from '../inspect/inspection.ts'
import { inspecting } from '../inspect/open.ts'
import { print, printJson } from '../terminal.ts'
import { asOfOption, type DataOptions, dataOption, examples, jsonOption, stateUrlOption } from './options.ts'

interface FeatureOptions extends DataOptions {
  readonly asOf?: number
  readonly verbose?: true
}

export const featureCommand = (): Command =>
  new Command('feature').description('Reads features of views.').addCommand(
    new Command('get')
      .summary('Reads every column of a view for one key.')
      .description(
        'Reads every column of a view for one key, as of a time. A row that was removed because nothing of it can count any more reads as never seen, as of any time.',
      )
      .argument('<view>', 'a view; an unknown name lists them')
      .argument('<key...>', 'the ids that the key is made of, such as user and author')
      .addOption(asOfOption('now'))
      .option('--verbose', 'says what each column means, too')
      .addOption(dataOption())
      .addOption(stateUrlOption())
      .addOption(jsonOption())
      .addHelpText(
        'after',
        examples(
          'freshet feature get user-author ada bea',
          'freshet feature get post post-17 --as-of 2026-05-17T15:30Z',
          'freshet feature get hashtag hiking --verbose',
        ),
      )
      .action(async (view: string, key: string[], options: FeatureOptions) => {
        const feature = await inspecting(options, (inspection) =>
          inspection.feature(view, key, options.asOf ?? null),
        )
        if (options.json) printJson(feature)
        else print(await tableOf(feature, options.verbose === true))
      }),
  )

const tableOf = async (
  { view, key, asOf, known, columns: values }: FeatureView,
  isVerbose: boolean,
): Promise<string> => {
  const { views } = await import('../../topologies/index.ts')
  const told = new Map(views.get(view)?.columns.map((column) => [column.name, column]))
  const rows = Object.entries(values).map(([name, value]) => {
    // A server of another version may have columns that this one does not know.
    const { unit = '', about = '' } = told.get(name) ?? {}
    return [name, String(value), unit, ...(isVerbose ? [about] : [])]
  })
  const title = `${view} of ${key.join(' ')} as of ${new Date(asOf).toISOString()}`
  return [known ? title : `${title}: never seen`, ...columns(rows)].join('\n')
}
