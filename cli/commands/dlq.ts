import { Command, Option } from 'commander'
import { type Inspection, LETTERS_MAX, type LetterList, type LetterView } from '../inspect/inspection.ts'
import { inspecting } from '../inspect/open.ts'
import { grouped, print, printJson } from '../terminal.ts'
import { type DataOptions, dataOption, examples, integer, jsonOption, urlOption } from './options.ts'

const ABOUT =
  'Looks at dead letters: records that did not decode, broke their contract or could not be processed.\n\n' +
  'Of a data directory that no process has open, or with --url of a running `freshet up`.'

interface ListOptions extends DataOptions {
  readonly topic?: string
  readonly limit: number
}

interface ReplayOptions extends DataOptions {
  readonly dryRun?: boolean
}

export const dlqCommand = (): Command =>
  new Command('dlq')
    .summary('looks at dead letters, and sends them again')
    .description(ABOUT)
    .addCommand(listCommand())
    .addCommand(showCommand())
    .addCommand(replayCommand())

const listCommand = (): Command =>
  new Command('list')
    .description('Lists the newest dead letters, and how many each topic has.')
    .addOption(new Option('--topic <name>', 'of one topic only'))
    .addOption(new Option('--limit <n>', 'letters at most').argParser(integer(1, LETTERS_MAX)).default(20))
    .addOption(dataOption())
    .addOption(urlOption())
    .addOption(jsonOption())
    .addHelpText('after', examples('freshet dlq list', 'freshet dlq list --topic reactions --limit 5'))
    .action(async (options: ListOptions) => {
      const list = await inspecting(options, (inspection) =>
        inspection.letters(options.topic ?? null, options.limit),
      )
      if (options.json) printJson(list)
      else print(textOf(list))
    })

const showCommand = (): Command =>
  new Command('show')
    .description('Shows a dead letter: why it was put aside, and what the record holds.')
    .argument('<id>', 'topic/partition/offset, as listed')
    .addOption(dataOption())
    .addOption(urlOption())
    .addOption(jsonOption())
    .addHelpText('after', examples('freshet dlq show reactions/0/17'))
    .action(async (id: string, options: DataOptions) => {
      const letter = await inspecting(options, (inspection) => inspection.letter(id))
      if (options.json) printJson(letter)
      else print(JSON.stringify(letter, null, 2))
    })

const replayCommand = (): Command =>
  new Command('replay')
    .description(
      'Appends records of dead letters to their topic again, byte for byte, after showing them.\n\n' +
        'Letters stay listed. Replaying one twice is harmless: event ids are remembered.',
    )
    .argument(
      '<what...>',
      `topic/partition/offset, as listed; or a topic, for its newest ${grouped(LETTERS_MAX)}`,
    )
    .addOption(new Option('--dry-run', 'show them, and change nothing'))
    .addOption(dataOption())
    .addOption(urlOption())
    .addOption(jsonOption())
    .addHelpText(
      'after',
      examples('freshet dlq replay reactions/0/17', 'freshet dlq replay reactions --dry-run'),
    )
    .action(async (what: string[], options: ReplayOptions) => {
      const replayed = await inspecting(options, (inspection) => replayAll(inspection, what, options))
      if (options.json) printJson({ replayed: options.dryRun ? 0 : replayed.length, ids: replayed })
      else print(options.dryRun ? 'Nothing was replayed.' : `Replayed ${grouped(replayed.length)}.`)
    })

const replayAll = async (
  inspection: Inspection,
  what: readonly string[],
  options: ReplayOptions,
): Promise<readonly string[]> => {
  const ids = (await Promise.all(what.map((each) => idsOf(inspection, each)))).flat()
  for (const id of ids) {
    const letter = await inspection.letter(id)
    if (!options.json) print(lineOf(letter))
    if (!options.dryRun) await inspection.replay(id)
  }
  return ids
}

const idsOf = async (inspection: Inspection, what: string): Promise<readonly string[]> => {
  if (what.includes('/')) return [what]
  const { letters } = await inspection.letters(what, LETTERS_MAX)
  return letters.map(({ id }) => id)
}

const lineOf = ({ id, code, record, valueHex }: LetterView): string =>
  `${id}  ${code}  ${record === null ? `${valueHex.length / 2} bytes that do not decode` : JSON.stringify(record)}`

const textOf = ({ topics, letters }: LetterList): string => {
  const counts = Object.entries(topics).map(([topic, count]) => `${topic}: ${grouped(count)}`)
  if (counts.length === 0) return 'There are no dead letters.'
  const lines = letters.map(
    ({ id, code, at, reason }) => `${id}  ${new Date(at).toISOString()}  ${code}  ${reason}`,
  )
  return [counts.join('   '), ...lines].join('\n')
}
