import { ENGINE_ERRORS, type FailureText, RECOVERIES } from '../engine/errors.ts'
import { MODEL_ERRORS } from '../models/errors.ts'
import type { ErrorText } from '../schemas/error-text.ts'
import { code, table } from '../schemas/markdown.ts'
import { pageOf, writePage } from '../schemas/pages.ts'
import { REGISTRY_ERRORS } from '../schemas/registry/errors.ts'
import { CONTRACT_RULES, errorCodeOf } from '../schemas/rules.ts'
import { SERVING_ERRORS } from '../serving/errors.ts'
import { CLI_ERRORS } from './errors.ts'
import { HTTP_ERRORS } from './http/errors.ts'
import {
  statusOfCli,
  statusOfEngine,
  statusOfModel,
  statusOfRegistry,
  statusOfServing,
} from './http/statuses.ts'

/**
 * The page of every error, made from the tables that the code throws from: path within the repository, and content. It
 * is made here because this room may see them all. A test compares it with what is committed; `npm run draw` writes it
 * anew.
 */
export const ERRORS_PAGE = 'docs/errors.md'

export const errorsPage = (): Promise<string> =>
  pageOf(
    INTRODUCTION,
    RULES,
    rows(CONTRACT_RULES, { Code: (rule) => code(errorCodeOf(rule)) }, 'Rule'),
    HTTP,
    rows(HTTP_ERRORS, { HTTP: (each) => String(HTTP_ERRORS[each].status) }),
    SERVING,
    failures(SERVING_ERRORS, statusOfServing),
    COMMANDS,
    rows(CLI_ERRORS, { HTTP: (each) => String(statusOfCli(each) ?? '') }),
    ENGINE,
    failures(ENGINE_ERRORS, statusOfEngine),
    '## Models',
    failures(MODEL_ERRORS, statusOfModel),
    '## Schema registry',
    rows(REGISTRY_ERRORS, { HTTP: (each) => String(statusOfRegistry(each)) }),
  )

const RECOVERY_TABLE = table(['Recovery', 'What it means'], Object.entries(RECOVERIES))

const INTRODUCTION = `# Errors

Made from the tables of errors in \`schemas/\`, \`engine/\`, \`models/\`, \`serving/\` and \`cli/\`; \`npm run draw\` writes it anew.

Every error has a code, and every code says what to do next. A message begins with the code or stands beside it, and names what is at fault. Who publishes events meets [rules of contracts](#rules-of-contracts) and [HTTP's errors](#http); who asks for feeds, HTTP's and [those of serving](#serving-feeds); who runs the processes, any. A few codes stand in two tables, and mean what their table is of. Where HTTP answers with an error, its status stands beside it; after 503 and 507 the same request may succeed, and \`retry-after\` says when to try.

What a program is to do, where a code has one of these:

${RECOVERY_TABLE}`

const RULES = `## Rules of contracts

A record that breaks one is refused at the door. One that reached the log all the same is put aside in its topic's dead letters, under the rule's code.`

const HTTP = `## HTTP

Every body is \`{"code", "message"}\`, with the \`field\` that is to blame where there is one. \`/v1/events\` names by line what it refused, with rule and code.`

const SERVING = `## Serving feeds

A feed that is answered all the same names in \`degraded\` each stage it went without, and the reason: \`late\`, or a code of this page.`

const COMMANDS = `## Commands

A command ends with 1 and one line on stderr: the code, what happened, and what to do; with 2 where it was misused. Those with a status are answered by a server's admin routes as well.`

const ENGINE = `## Engine and feature store

What a broker answered stands in the message by its name in Kafka's protocol.`

/** A table's errors, each with what the columns beside its texts say of it. */
const rows = <Code extends string>(
  errors: Readonly<Record<Code, ErrorText>>,
  columns: Readonly<Record<string, (each: Code) => string>>,
  name = 'Code',
): string =>
  table(
    [name, ...Object.keys(columns), 'What happened', 'What to do'],
    (Object.keys(errors) as Code[]).map((each) => [
      code(each),
      ...Object.values(columns).map((cellOf) => cellOf(each)),
      errors[each].about,
      errors[each].action,
    ]),
  )

const failures = <Code extends string>(
  errors: Readonly<Record<Code, FailureText>>,
  statusOf: (each: Code) => number,
): string =>
  rows(errors, { HTTP: (each) => String(statusOf(each)), Recovery: (each) => errors[each].recovery })

if (import.meta.main) await writePage(ERRORS_PAGE, await errorsPage())
