import { Command, Option } from 'commander'
import { configOption, isOnKafka, kafkaOption, type SettingOptions, settingsOf } from '../config/options.ts'
import {
  type LetterInspection,
  LETTERS_MAX,
  type LetterList,
  type LetterView,
} from '../inspect/inspection.ts'
import { inspecting } from '../inspect/open.ts'
import { grouped, print, printJson } from '../terminal.ts'
import { CliError } from '../errors.ts'
import { type DataOptions, dataOption, examples, jsonOption, limitOption, stateUrlOption } from './options.ts'

const ABOUT =
  'Looks at dead letters: records that did not decode, broke their contract or could not be processed.\n\n' +
  'Of Kafka where its brokers are set, else or with --data of a data directory that no process has open; with --url of a running process.'

type LetterOptions = DataOptions & SettingOptions

interface ListOptions extends LetterOptions {
  readonly topic?: string
  readonly limit: number
}

interface ReplayOptions extends LetterOptions {
  readonly dryRun?: boolean
}

export const dlqCommand = (): Command =>
  new Command('dlq')
    .summary('Looks at dead letters, and sends them again.')
    .description(ABOUT)
    .addCommand(listCommand())
    .addCommand(showCommand())
    .addCommand(replayCommand())

const listCommand = (): Command =>
  new Command('list')
    .description('Lists the newest dead letters, and how many each topic has.')
    .addOption(new Option('--topic <name>', 'of one topic only'))
    .addOption(limitOption('letters', LETTERS_MAX, 20))
    .addOption(dataOption().conflicts(['url', 'kafka']))
    .addOption(stateUrlOption().conflicts('kafka'))
    .addOption(kafkaOption())
    .addOption(configOption())
    .addOption(jsonOption())
    .addHelpText(
      'after',
      examples('freshet dlq list', 'freshet dlq list --topic reactions --limit 5 --kafka localhost:9092'),
    )
    .action(async (options: ListOptions, command: Command) => {
      const list = await lookingAt(options, command, (inspection) =>
        inspection.letters(options.topic ?? null, options.limit),
      )
      if (options.json) printJson(list)
      else print(textOf(list))
    })

const showCommand = (): Command =>
  new Command('show')
    .description('Shows a dead letter: why it was put aside, and what the record holds.')
    .argument('<id>', 'topic/partition/offset, as listed')
    .addOption(dataOption().conflicts(['url', 'kafka']))
    .addOption(stateUrlOption().conflicts('kafka'))
    .addOption(kafkaOption())
    .addOption(configOption())
    .addOption(jsonOption())
    .addHelpText('after', examples('freshet dlq show reactions/0/17'))
    .action(async (id: string, options: LetterOptions, command: Command) => {
      const letter = await lookingAt(options, command, (inspection) => inspection.letter(id))
      if (options.json) printJson(letter)
      else print(JSON.stringify(letter, null, 2))
    })

const replayCommand = (): Command =>
  new Command('replay')
    .summary('Appends records of dead letters to their topic again.')
    .description(
      'Appends records of dead letters to their topic again, byte for byte, after showing them.\n\n' +
        'Letters stay listed; what fails again is put aside again. Timers, and records that cannot be read as they are, ' +
        'are not sent. Of a topic, equal records are sent once. To send one twice is harmless: event ids are remembered.',
    )
    .argument(
      '<what...>',
      `topic/partition/offset, as listed; or a topic, for its newest ${grouped(LETTERS_MAX)}`,
    )
    .addOption(new Option('--dry-run', 'show them, and change nothing'))
    .addOption(dataOption().conflicts(['url', 'kafka']))
    .addOption(stateUrlOption().conflicts('kafka'))
    .addOption(kafkaOption())
    .addOption(configOption())
    .addOption(jsonOption())
    .addHelpText(
      'after',
      examples('freshet dlq replay reactions/0/17', 'freshet dlq replay reactions --dry-run'),
    )
    .action(async (what: string[], options: ReplayOptions, command: Command) => {
      const { ids, refused } = await lookingAt(options, command, (inspection) =>
        replayAll(inspection, what, options),
      )
      if (options.json) printJson({ replayed: options.dryRun ? 0 : ids.length, ids, refused })
      else print(options.dryRun ? 'Nothing was replayed.' : summaryOf(ids.length, refused.length))
    })

const summaryOf = (replayed: number, refused: number): string =>
  `Replayed ${grouped(replayed)}${refused === 0 ? '' : `, left ${grouped(refused)} that would only be put aside again`}.`

const lookingAt = async <Result>(
  options: LetterOptions,
  command: Command,
  look: (inspection: LetterInspection) => Promise<Result>,
): Promise<Result> => {
  const { settings } = await settingsOf(options)
  if (options.url !== undefined || !isOnKafka(command, settings)) return inspecting(options, look)
  const { inspectingKafka } = await import('../inspect/on-kafka.ts')
  return inspectingKafka(settings, look)
}

interface Replayed {
  readonly ids: readonly string[]
  /** Of topics: letters that were left, for to send them would change nothing. */
  readonly refused: readonly string[]
}

const replayAll = async (
  inspection: LetterInspection,
  what: readonly string[],
  options: ReplayOptions,
): Promise<Replayed> => {
  const ids: string[] = []
  const refused: string[] = []
  for (const each of what) {
    const isOne = each.includes('/')
    for (const id of isOne ? [each] : await distinctOf(inspection, each)) {
      const letter = await inspection.letter(id)
      if (!options.json) print(lineOf(letter))
      const isSent = options.dryRun === true || (await isReplayed(inspection, id, isOne))
      ;(isSent ? ids : refused).push(id)
    }
  }
  return { ids, refused }
}

/** Of a topic some letters may be such that to send them would change nothing; one that is asked for by name must not. */
const isReplayed = async (inspection: LetterInspection, id: string, mustBe: boolean): Promise<boolean> => {
  try {
    await inspection.replay(id)
    return true
  } catch (error) {
    if (mustBe || !(error instanceof CliError && error.code === 'NOT_REPLAYABLE')) throw error
    return false
  }
}

/** The newest letter of each record. */
const distinctOf = async (inspection: LetterInspection, topic: string): Promise<readonly string[]> => {
  const { letters } = await inspection.letters(topic, LETTERS_MAX)
  return [...new Map(letters.map(({ fingerprint, id }) => [fingerprint, id])).values()]
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
