import type { Command } from 'commander'
import { expect, test } from 'vitest'
import { program } from '../../../cli/main.ts'

const withChildren = (command: Command): readonly Command[] => [
  command,
  ...command.commands.flatMap(withChildren),
]

const COMMANDS = withChildren(program())

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

test('every command is listed by one sentence', () => {
  for (const command of COMMANDS) {
    const listed = command.summary() || command.description()
    expect(listed, command.name()).toMatch(/^[A-Z](?!.*\. ).*\.$/)
  }
})

test('descriptions break where a paragraph ends and nowhere else: lines are as long as the terminal is wide', () => {
  for (const command of COMMANDS) {
    expect(command.description().replaceAll('\n\n', ''), command.name()).not.toContain('\n')
  }
})

test('no help has two blank lines together, and each ends with a line', () => {
  for (const command of COMMANDS) {
    let help = ''
    command.configureOutput({ writeOut: (text) => (help += text) }).outputHelp()
    expect(help, command.name()).not.toMatch(/\n\s*\n\s*\n/)
    expect(help, command.name()).toMatch(/\S\n$/)
  }
})
