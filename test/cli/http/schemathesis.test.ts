/**
 * Schemathesis asks a real `freshet up` what its OpenAPI document says may be asked, with values that it thinks up, and
 * checks the answers against the same document: no 5xx, no status, media type or body that is not declared, nothing
 * taken that is forbidden. Nothing fetches it: installing it alone takes a core ten seconds, and thinking up as many.
 *
 *     pip install schemathesis==4.32.5
 *     FRESHET_SCHEMATHESIS=st npx vitest run schemathesis
 *
 * The long form, of some minutes, with values at every limit, too, beside a server that runs (`npx freshet up`):
 *
 *     st run http://127.0.0.1:8080/openapi.json --exclude-checks positive_data_acceptance --max-examples 500 --seed 1 \
 *       --suppress-health-check too_slow
 *
 * Left out is that all be taken which the document allows: contracts have rules that JSON Schema has no words for, such as
 * that nobody mutes themselves. On a busy machine it thinks events up more slowly than it likes. One finding of the long
 * form is none: a URL of more than 16 KiB is answered 431, which schemathesis does not know as a refusal.
 */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { Spawned } from '../spawned.ts'
import { temporaryDirectory } from '../temporary.ts'

/** As a shell would read it without quotes: `st`, or `python3 -m schemathesis.cli`. */
const command = process.env['FRESHET_SCHEMATHESIS']
const missing = command === undefined ? ': left out, for FRESHET_SCHEMATHESIS does not name its command' : ''
const TEST_MS_MAX = 300_000
/** Of every operation. */
const EXAMPLES_MAX = 5

const SHORT =
  `--phases fuzzing --max-examples ${EXAMPLES_MAX} --seed 1 --no-color ` +
  '--exclude-checks positive_data_acceptance --suppress-health-check too_slow'

test.skipIf(command === undefined)(
  `schemathesis finds no answer that the OpenAPI document does not promise${missing}`,
  async () => {
    const directory = await temporaryDirectory()
    const up = new Spawned(directory, ['up', '--port', '0'])
    const url = await up.printed(/(http:\/\/127\.0\.0\.1:\d+)/)
    const [program = '', ...args] = `${command!.trim()} run ${url}/openapi.json ${SHORT}`.split(/\s+/)
    // It writes what it remembers where it is run.
    const run = promisify(execFile)(program, args, { cwd: directory })
    const { stdout } = await run.catch((error: unknown) => {
      const { stdout: told = '', stderr = '' } = error as { stdout?: string; stderr?: string }
      throw new Error(`${told}\n${stderr}`.trim() || String(error), { cause: error })
    })
    expect(stdout).toMatch(/Tested: +5/)
  },
  TEST_MS_MAX,
)
