import { expect, test } from 'vitest'
import { CLI_ERRORS, CliError, type CliErrorCode, exitCodeOf, lineOf } from '../../cli/errors.ts'
import { ImportError } from '../../cli/import/import-error.ts'
import { EngineError } from '../../engine/errors.ts'
import { ContractError } from '../../schemas/index.ts'

test('every error of a command is one line: its code, what happened and what to do', () => {
  for (const code of Object.keys(CLI_ERRORS) as CliErrorCode[]) {
    expect(lineOf(new CliError(code, 'it is so'))).toBe(`${code}: it is so. ${CLI_ERRORS[code].action}`)
  }
})

test('errors of the engine and of contracts are told in the same way', () => {
  expect(lineOf(new EngineError('DATA_LOCKED', 'opening x.\n'))).toMatch(
    /^DATA_LOCKED: opening x\. Another process .*\. Ask it .*\.$/,
  )
  expect(lineOf(new ContractError('NOT_JSON', null, null, ''))).toMatch(
    /^NOT_JSON: The line is not JSON\. .*$/,
  )
  expect(lineOf(new ImportError('no\nPosts'))).toMatch(/^IMPORT_FAILED: no Posts\. .*$/)
  expect(lineOf(new TypeError('a\n  b'))).toBe('UNEXPECTED: a b')
  expect(lineOf('thrown text')).toBe('UNEXPECTED: thrown text')
})

test('a misused command ends with 2, a failed one with 1', () => {
  expect(exitCodeOf(new CliError('USAGE', 'x'))).toBe(2)
  expect(exitCodeOf(new CliError('NO_DATA', 'x'))).toBe(1)
  expect(exitCodeOf(new EngineError('CLOSED', 'x'))).toBe(1)
})
