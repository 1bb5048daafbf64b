import { globSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, it, test } from 'vitest'
import { ERRORS_PAGE, errorsPage } from '../../cli/errors-page.ts'
import { CliError, type CliErrorCode, CLI_ERRORS } from '../../cli/errors.ts'
import { answerOf, HTTP_ERRORS, HttpError, type HttpErrorCode } from '../../cli/http/errors.ts'
import { ENGINE_ERRORS, EngineError, type EngineErrorCode } from '../../engine/errors.ts'
import { MODEL_ERRORS, ModelError, type ModelErrorCode } from '../../models/errors.ts'
import type { ErrorText } from '../../schemas/error-text.ts'
import { REGISTRY_ERRORS, RegistryError, type RegistryErrorCode } from '../../schemas/registry/errors.ts'
import { SERVING_ERRORS, ServingError, type ServingErrorCode } from '../../serving/errors.ts'

type Table = Readonly<Record<string, ErrorText>>

const TABLES = /^export const ([A-Z]+_(?:ERRORS|RULES)) = \{/gm
/** Classes of errors that have a code of their own. */
const CODED = /class \w+ extends Error \{[^}]*readonly code:/

/** What a broker answers, by Kafka's protocol: an `EngineError` tells of it. */
const NOT_MET = /class BrokerError /

const sources = globSync(
  '{schemas,engine,features,processors,topologies,models,serving,world,cli,bench}/**/*.ts',
).map((file) => ({ file, text: readFileSync(file, 'utf8') }))

/** Every table of errors that there is, found by its name: a new one is held to stand on the page as well. */
const found = sources.flatMap(({ file, text }) =>
  [...text.matchAll(TABLES)].map(([, name]) => ({ file, name: name! })),
)

const tables = await Promise.all(
  found.map(async ({ file, name }): Promise<[name: string, table: Table]> => {
    const module = (await import(/* @vite-ignore */ resolve(file))) as Readonly<Record<string, Table>>
    return [name, module[name]!]
  }),
)

const page = await errorsPage()
const rows = page.split('\n').map((line) => line.split('|').map((cell) => cell.trim().replaceAll('\\_', '_')))

describe('the page of errors', () => {
  it('is what is committed; if not, run: npm run draw', () => {
    expect(readFileSync(ERRORS_PAGE, 'utf8')).toBe(page)
  })

  it.each(tables)('has every code of %s, with what happened and what to do', (_, table) => {
    for (const [code, { about, action }] of Object.entries(table)) {
      const told = rows.filter((cells) => cells[1] === `\`${code}\``).map((cells) => cells.slice(-3, -1))
      expect(told, code).toContainEqual([about, action])
      for (const text of [about, action]) expect(text, code).toMatch(/^[A-Z].*\.$/)
    }
  })

  it('leaves no class of errors out: whichever has codes has a table beside it', () => {
    const coded = sources.filter(({ text }) => CODED.test(text) && !NOT_MET.test(text))
    expect(coded.length).toBeGreaterThan(5)
    for (const { file } of coded) expect(found.map((each) => each.file)).toContain(file)
  })
})

const errors = [
  ...(Object.keys(HTTP_ERRORS) as HttpErrorCode[]).map((code) => new HttpError(code)),
  ...(Object.keys(SERVING_ERRORS) as ServingErrorCode[]).map((code) => new ServingError(code, 'why')),
  ...(Object.keys(ENGINE_ERRORS) as EngineErrorCode[]).map((code) => new EngineError(code, 'why')),
  ...(Object.keys(MODEL_ERRORS) as ModelErrorCode[]).map((code) => new ModelError(code, 'why')),
  ...(Object.keys(REGISTRY_ERRORS) as RegistryErrorCode[]).map((code) => new RegistryError(code, 'why')),
]

test.each(errors)('the page has the status by which HTTP answers $code', (error) => {
  const statuses = rows.filter((cells) => cells[1] === `\`${error.code}\``).map((cells) => cells[2])
  expect(statuses).toContain(String(answerOf(error)?.status))
})

test('the page has the statuses of errors that admin routes pass on from commands', () => {
  const codes = Object.keys(CLI_ERRORS) as CliErrorCode[]
  for (const code of codes) {
    const statuses = rows.filter((cells) => cells[1] === `\`${code}\``).map((cells) => cells[2])
    const { status } = answerOf(new CliError(code, 'why'))!
    expect(statuses, code).toContain(status === 500 ? '' : String(status))
  }
})
