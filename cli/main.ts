import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Command, CommanderError } from 'commander'
import { benchCommand } from './commands/bench.ts'
import { configCommand } from './commands/config.ts'
import { describeCommand } from './commands/describe.ts'
import { dlqCommand } from './commands/dlq.ts'
import { embedCommand } from './commands/embed.ts'
import { explainCommand } from './commands/explain.ts'
import { evaluateCommand } from './commands/evaluate.ts'
import { experimentsCommand } from './commands/experiments.ts'
import { featureCommand } from './commands/feature.ts'
import { feedCommand } from './commands/feed.ts'
import { importCommand } from './commands/import.ts'
import { modelCommand } from './commands/model.ts'
import { newCommand } from './commands/new.ts'
import { examples } from './commands/options.ts'
import { offPolicyCommand } from './commands/off-policy.ts'
import { replayCommand } from './commands/replay.ts'
import { serveCommand } from './commands/serve.ts'
import { stateCommand } from './commands/state.ts'
import { topicsCommand } from './commands/topics.ts'
import { trainCommand } from './commands/train.ts'
import { upCommand } from './commands/up.ts'
import { workerCommand } from './commands/worker.ts'
import { exitCodeOf, lineOf, systemCodeOf } from './errors.ts'
import { say } from './terminal.ts'

const MISUSED = 2

interface Manifest {
  readonly description: string
  readonly version: string
}

const manifest = (): Manifest =>
  JSON.parse(readFileSync(join(import.meta.dirname, '..', 'package.json'), 'utf8')) as Manifest

/** Commands import what they run only when they run it: half a second of modules otherwise. */
export const program = (): Command => {
  const { description, version } = manifest()
  const made = new Command('freshet')
    .description(description)
    .version(version)
    .addHelpText(
      'after',
      examples(
        'freshet up --world 300         # a feed at http://127.0.0.1:8080/v1/feed?userId=ada',
        'freshet feed ada               # a feed as a table',
        'freshet replay events.ndjson   # events from a file',
        'freshet <command> --help       # more on a command',
      ),
    )
  for (const command of [
    upCommand(),
    workerCommand(),
    serveCommand(),
    importCommand(),
    embedCommand(),
    replayCommand(),
    feedCommand(),
    explainCommand(),
    evaluateCommand(),
    trainCommand(),
    stateCommand(),
    featureCommand(),
    dlqCommand(),
    topicsCommand(),
    configCommand(),
    modelCommand(),
    experimentsCommand(),
    offPolicyCommand(),
    describeCommand(),
    newCommand(),
    benchCommand(),
  ]) {
    made.addCommand(command)
  }
  prepare(made)
  return made
}

/** Throws instead of ending the process; an error is one line. */
const prepare = (command: Command): void => {
  command.exitOverride().configureOutput({
    outputError: (text, write) => write(`${text.trim().replaceAll(/\s*\n\s*/g, ' ')}\n`),
  })
  if (command.commands.length > 0) command.helpCommand('help [command]', 'Shows how a command is used.')
  for (const child of command.commands) prepare(child)
}

/** Runs one command; answers the exit code. Never throws: an error becomes one line on stderr. */
export const main = async (args: readonly string[]): Promise<number> => {
  endWithReader()
  try {
    await program().parseAsync([...args], { from: 'user' })
    return Number(process.exitCode ?? 0)
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : MISUSED
    say(`freshet: ${lineOf(error)}`)
    if (process.env['FRESHET_DEBUG'] !== undefined && error instanceof Error) say(error.stack ?? '')
    return exitCodeOf(error)
  }
}

/** `freshet … | head` closes the pipe: there is nobody left to tell. */
const endWithReader = (): void => {
  process.stdout.on('error', (error) => {
    if (systemCodeOf(error) === 'EPIPE') process.exit(0)
    throw error
  })
}
