import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Command, Option } from 'commander'
import { columns } from '../columns.ts'
import { CliError } from '../errors.ts'
import { print, printJson } from '../terminal.ts'
import { examples, integer, jsonOption, share } from './options.ts'

const DIRECTORY = join(import.meta.dirname, '..', '..', 'bench')

/** Hears how far a benchmark of many minutes is. */
type Told = (line: string) => void

/** What a file in bench/ must export to be run by its name, beside a line `about` it. */
interface Bench {
  run(options: Readonly<Record<string, number | string | boolean | Told>>): Promise<object>
}

interface BenchOptions {
  readonly keys?: number
  readonly events?: number
  readonly seconds?: number
  readonly users?: number
  readonly posts?: number
  readonly impressions?: number
  readonly days?: number
  readonly seed?: number
  readonly drift?: number
  readonly repetitions?: number
  readonly workers?: number
  readonly brokers?: string
  readonly topology?: string
  readonly prior?: boolean
  readonly json?: boolean
}

export const benchCommand = (): Command =>
  new Command('bench')
    .description('Runs a benchmark of bench/ on this machine, in a directory of its own.')
    .argument('<name>', 'one of the benchmarks below')
    .addOption(new Option('--keys <n>', 'distinct keys in the state').argParser(integer(1, 1e9)))
    .addOption(new Option('--events <n>', 'events of each pass').argParser(integer(1, 1e9)))
    .addOption(new Option('--seconds <n>', 'length of passes that are timed').argParser(integer(1, 86_400)))
    .addOption(new Option('--users <n>', 'users of a world').argParser(integer(20, 20_000)))
    .addOption(new Option('--posts <n>', 'posts of a world').argParser(integer(1, 4_000_000)))
    .addOption(
      new Option('--impressions <n>', 'posts that a world is shown, about').argParser(integer(1, 1e9)),
    )
    .addOption(new Option('--days <n>', 'days of a world').argParser(integer(1, 365)))
    .addOption(new Option('--seed <n>', 'seed of a world').argParser(integer(0, 2 ** 32 - 1)))
    .addOption(
      new Option(
        '--drift <share>',
        "chance a day that a person's favourite subject becomes another one, in a world",
      ).argParser(share),
    )
    .addOption(
      new Option('--repetitions <n>', 'runs of each system that is compared').argParser(integer(1, 100)),
    )
    .addOption(
      new Option('--workers <n>', "worker processes, and the peer's threads").argParser(integer(1, 64)),
    )
    .addOption(
      new Option('--brokers <host:port,…>', 'running brokers, of kafka; without them one is started'),
    )
    .addOption(
      new Option(
        '--topology <name>',
        'what to measure, of growth: life is everything with all that an app publishes',
      ).choices(['affinity', 'everything', 'life']),
    )
    .addOption(new Option('--prior', 'nothing learns and the prior serves, of learning'))
    .addOption(jsonOption())
    .addHelpText('after', benchList)
    .addHelpText(
      'after',
      examples(
        'freshet bench engine --json',
        'freshet bench engine --keys 100000',
        'freshet bench kafka --json',
        'freshet bench world --users 2000 --posts 20000 --impressions 1000000 --days 10 --json',
      ),
    )
    .action(async (name: string, { json, ...options }: BenchOptions) => {
      const bench = await load(name)
      const told: Told = (line) => void process.stderr.write(`${line}\n`)
      const result = await bench.run({ ...options, told }).catch(async (error: unknown) => {
        // Not where Freshet is only run.
        const { ServiceUnavailable } = await import('../../services/port.ts')
        if (!(error instanceof ServiceUnavailable)) throw error
        throw new CliError('SERVICE_MISSING', error.message, { cause: error })
      })
      if (json) printJson(result)
      else
        for (const [figure, value] of Object.entries(result)) print(`${figure.padEnd(28)} ${textOf(value)}`)
    })

const textOf = (value: unknown): string =>
  typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value)

const load = async (name: string): Promise<Bench> => {
  const names = [...benches().keys()]
  if (!names.includes(name)) {
    throw new CliError('UNKNOWN_BENCH', `there is no benchmark "${name}"; benchmarks are ${names.join(', ')}`)
  }
  return (await import(join(DIRECTORY, `${name}.ts`))) as Bench
}

/** Other files there are parts of benchmarks; importing one may run it. */
const EXPORTS_RUN = /^export const run\b/m
const ABOUT = /^export const about =\s+'(.*)'$/m

/** Lines about benchmarks, by their names. */
const benches = (): ReadonlyMap<string, string> => {
  if (!isCheckout()) throw new CliError('NOT_A_CHECKOUT', 'benchmarks are not part of the package')
  const found = new Map<string, string>()
  for (const file of readdirSync(DIRECTORY)) {
    if (!file.endsWith('.ts')) continue
    const text = readFileSync(join(DIRECTORY, file), 'utf8')
    if (EXPORTS_RUN.test(text)) found.set(file.slice(0, -'.ts'.length), ABOUT.exec(text)?.[1] ?? '')
  }
  return found
}

/** Of a package the directory holds results, and no benchmark. */
const isCheckout = (): boolean =>
  existsSync(DIRECTORY) && readdirSync(DIRECTORY).some((file) => file.endsWith('.ts'))

/** For the help, which is asked for where there are none as well. */
const benchList = (): string =>
  isCheckout()
    ? `\nBenchmarks:\n${columns([...benches()])
        .map((line) => `  ${line}`)
        .join('\n')}`
    : ''
