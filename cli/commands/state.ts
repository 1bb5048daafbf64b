import { Command, Option } from 'commander'
import { CliError } from '../errors.ts'
import { elsewhereLines } from '../inspect/elsewhere.ts'
import { type RowView, ROWS_MAX } from '../inspect/inspection.ts'
import { inspecting } from '../inspect/open.ts'
import { print, printJson, say } from '../terminal.ts'
import {
  asOfOption,
  type DataOptions,
  dataOption,
  examples,
  jsonOption,
  limitOption,
  stateUrlOption,
} from './options.ts'

const ABOUT =
  'Reads rows of stores, decoded.\n\n' +
  'Of a data directory that no process has open, or with --url of a running process on this machine: of `freshet up` ' +
  'all, of `freshet worker` those of the tasks that it runs, of `freshet serve` (get alone) those on Redis. A worker ' +
  'says who runs the others, and where. Rows of views, whose counts fade and slide, are read as of their newest event, ' +
  'or as of the time that --as-of names. Rows of pairs, such as user-author, are removed once nothing of them can ' +
  'count any more; then they are absent, as of any time.'

const ABSENT = "the row's newest event"

interface RowOptions extends DataOptions {
  readonly asOf?: number
}

interface ScanOptions extends RowOptions {
  readonly prefix?: string
  readonly limit: number
}

export const stateCommand = (): Command =>
  new Command('state')
    .summary('Reads rows of stores.')
    .description(ABOUT)
    .addCommand(getCommand())
    .addCommand(scanCommand())

const getCommand = (): Command =>
  new Command('get')
    .description('Reads one row.')
    .argument('<store>', 'a store; an unknown name lists them')
    .argument('<key...>', 'the ids that the key is made of')
    .addOption(asOfOption(ABSENT))
    .addOption(dataOption())
    .addOption(stateUrlOption())
    .addOption(jsonOption())
    .addHelpText(
      'after',
      examples(
        'freshet state get connections ada',
        'freshet state get user-author ada bea --url http://127.0.0.1:8080',
        'freshet state get user-author ada bea --as-of 2026-05-17T15:30Z',
      ),
    )
    .action(async (store: string, key: string[], options: RowOptions) => {
      const row = await inspecting(options, (inspection) => inspection.row(store, key, options.asOf ?? null))
      if (options.json) printJson(row)
      else show(row)
      if (row.bytes === null) process.exitCode = 1
    })

const scanCommand = (): Command =>
  new Command('scan')
    .description('Lists rows in the order of their keys.')
    .argument('<store>', 'a store; an unknown name lists them')
    .argument('[key...]', 'ids that the keys begin with')
    .addOption(asOfOption(ABSENT))
    .addOption(dataOption())
    .addOption(stateUrlOption())
    .addOption(new Option('--prefix <text>', 'text that the keys begin with'))
    .addOption(limitOption('rows', ROWS_MAX, 20))
    .addOption(jsonOption())
    .addHelpText(
      'after',
      examples(
        'freshet state scan user-author ada',
        'freshet state scan posts-by-hour --prefix 2026-05-17 --limit 5',
        'freshet state scan post --limit 5 --url http://127.0.0.1:8082',
      ),
    )
    .action(async (store: string, key: string[], options: ScanOptions) => {
      const list = await inspecting(options, (inspection) =>
        inspection.rows(store, prefixOf(key, options.prefix), options.limit, options.asOf ?? null),
      )
      const { rows } = list
      if (options.json) printJson(list)
      else rows.forEach(show)
      elsewhereLines(store, list).forEach(say)
      if (!options.json && rows.length === options.limit)
        say(`The first ${rows.length} rows; --limit shows more.`)
    })

/** Whole ids end with the separator that the next one begins after. */
const prefixOf = (key: readonly string[], prefix: string | undefined): string => {
  if (key.length > 0 && prefix !== undefined) throw new CliError('USAGE', 'give ids or --prefix, not both')
  return prefix ?? key.map((id) => `${id}\0`).join('')
}

const show = ({ key, bytes, asOf, value }: RowView): void => {
  if (bytes === null) return print(`${key.join(' ')}: there is no row`)
  const time = asOf === null ? '' : `, as of ${new Date(asOf).toISOString()}`
  print(`${key.join(' ')} (${bytes} bytes${time})\n${JSON.stringify(value, null, 2)}`)
}
