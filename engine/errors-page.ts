import { mkdir, writeFile } from 'node:fs/promises'
import { format } from 'prettier'
import { REGISTRY_ERRORS } from '../schemas/registry/errors.ts'
import { CONTRACT_RULES, errorCodeOf, type ContractRule } from '../schemas/rules.ts'
import { ENGINE_ERRORS, RECOVERIES } from './errors.ts'

/**
 * The page of every error, made from the tables that the code throws from: path within the repository, and
 * content. A test compares it with what is committed; run this file to write it anew.
 */
export const ERRORS_PAGE = 'docs/errors.md'

export const errorsPage = (): Promise<string> =>
  format([INTRODUCTION, recoveries(), engineErrors(), registryErrors(), contractRules()].join('\n\n'), {
    parser: 'markdown',
    printWidth: 110,
  })

const INTRODUCTION = `# Errors

Made from \`engine/errors.ts\`, \`schemas/registry/errors.ts\` and \`schemas/rules.ts\`; \`npx node engine/errors-page.ts\` writes it anew.

Every error has a code, and every code says what to do next.`

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')

const code = (text: string): string => `\`${text}\``

const recoveries = (): string =>
  `## What to do next\n\n${table(
    ['Recovery', 'What it means'],
    Object.entries(RECOVERIES).map(([name, meaning]) => [name, meaning]),
  )}`

const engineErrors = (): string =>
  `## Codes\n\n${table(
    ['Code', 'Recovery', 'What happened'],
    Object.entries(ENGINE_ERRORS).map(([name, { recovery, about }]) => [code(name), recovery, about]),
  )}`

const registryErrors = (): string =>
  `## Schema registry\n\n${table(
    ['Code', 'What happened, and what to do'],
    Object.entries(REGISTRY_ERRORS).map(([name, about]) => [code(name), about]),
  )}`

const contractRules = (): string =>
  `## Rules of contracts

A record that breaks one is refused at the door. One that reached the log all the same is put aside in its
topic's dead letters, under the rule's code.

${table(
  ['Rule', 'Code', 'What is wrong', 'What to do'],
  Object.entries(CONTRACT_RULES).map(([rule, { about, action }]) => [
    code(rule),
    code(errorCodeOf(rule as ContractRule)),
    about,
    action,
  ]),
)}`

if (import.meta.main) {
  const page = new URL(`../${ERRORS_PAGE}`, import.meta.url)
  await mkdir(new URL('.', page), { recursive: true })
  await writeFile(page, await errorsPage())
}
