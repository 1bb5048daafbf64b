import type { Command } from 'commander'
import { expect, test } from 'vitest'
import { configCommand } from '../../../cli/commands/config.ts'
import { dlqCommand } from '../../../cli/commands/dlq.ts'
import { explainCommand } from '../../../cli/commands/explain.ts'
import { featureCommand } from '../../../cli/commands/feature.ts'
import { feedCommand } from '../../../cli/commands/feed.ts'
import { replayCommand } from '../../../cli/commands/replay.ts'
import { serveCommand } from '../../../cli/commands/serve.ts'
import { stateCommand } from '../../../cli/commands/state.ts'
import { topicsCommand } from '../../../cli/commands/topics.ts'
import { trainCommand } from '../../../cli/commands/train.ts'
import { upCommand } from '../../../cli/commands/up.ts'
import { workerCommand } from '../../../cli/commands/worker.ts'

const withChildren = (command: Command): readonly Command[] => [
  command,
  ...command.commands.flatMap(withChildren),
]

const COMMANDS = [
  configCommand(),
  dlqCommand(),
  explainCommand(),
  featureCommand(),
  feedCommand(),
  replayCommand(),
  serveCommand(),
  stateCommand(),
  topicsCommand(),
  trainCommand(),
  upCommand(),
  workerCommand(),
].flatMap(withChildren)

const helpOf = (name: string): readonly string[] =>
  COMMANDS.flatMap(({ options }) => options)
    .filter(({ long }) => long === name)
    .map(({ flags, description }) => `${flags} ${description}`)

test.each(['--config', '--kafka', '--redis', '--registry', '--json'])(
  '%s is told of in the same words by every command that takes it',
  (name) => {
    const told = helpOf(name)
    expect(told.length).toBeGreaterThan(1)
    expect(new Set(told).size).toBe(1)
  },
)

test('what a list is limited to is told of in the same way by every command that lists', () => {
  const told = helpOf('--limit')
  expect(told).toHaveLength(4)
  for (const help of told) expect(help).toMatch(/^--limit <n> [a-z]+ at most$/)
})
