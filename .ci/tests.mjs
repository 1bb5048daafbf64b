/**
 * Runs all tests, and says what passed and failed. A process of tests that died (a fault of a native library, say) fails
 * no test, and the runner tells no more of it than its signal: what it said itself is shown again at the end, and its
 * files run once more, so that one crash in many runs is seen and does not hide what all other tests say.
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'

const LAST_WORDS = /^# Fatal error|^FATAL ERROR|^terminate called/
const LAST_LINES = 25
const DIED = /Worker exited unexpectedly.* while running test file (\S+)/

const scratch = mkdtempSync(join(tmpdir(), 'freshet-ci-'))

/** Answers the exit code, the results by file, and what was printed, without its colours. */
const runTests = (files) =>
  new Promise((resolve) => {
    const json = join(scratch, 'results.json')
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${json}`]
    const child = spawn('npm', ['test', '--', ...files, ...reporters], { stdio: ['inherit', 'pipe', 'pipe'] })
    let printed = ''
    for (const [from, to] of [
      [child.stdout, process.stdout],
      [child.stderr, process.stderr],
    ]) {
      from.setEncoding('utf8')
      from.on('data', (text) => {
        to.write(text)
        printed += text
      })
    }
    child.on('close', (code) => {
      const { testResults } = JSON.parse(readFileSync(json, 'utf8'))
      resolve({ code, testResults, lines: stripVTControlCharacters(printed).split('\n') })
    })
  })

const say = (line) => process.stdout.write(`${line}\n`)

const byFile = new Map()
const count = (isOf) =>
  [...byFile.values()]
    .flatMap(({ assertionResults }) => assertionResults)
    .filter(({ status }) => isOf(status)).length

const note = ({ testResults }) => {
  for (const file of testResults) byFile.set(file.name, file)
}

const first = await runTests([])
note(first)
let { code } = first
const died = [...new Set(first.lines.flatMap((line) => DIED.exec(line)?.[1] ?? []))]
if (died.length > 0) {
  const words = first.lines.flatMap((line, at) =>
    LAST_WORDS.test(line) ? first.lines.slice(at, at + LAST_LINES) : [],
  )
  if (count((status) => status === 'failed') === 0) {
    const second = await runTests(died)
    note(second)
    code = second.code
  }
  say(`Processes of tests died at first, of: ${died.join(', ')}`)
  say(words.join('\n'))
}
rmSync(scratch, { recursive: true })
const passed = count((status) => status === 'passed')
const failed = count((status) => status === 'failed')
say(`${passed} passed, ${failed} failed, ${count(() => true) - passed - failed} skipped`)
process.exitCode = code === 0 && failed === 0 ? 0 : 1
