import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readFile, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createProcessor, createView } from '../../../cli/new/create.ts'
import { FEATURES_PAGE } from '../../../topologies/features-page.ts'

const run = promisify(execFile)
// What is compiled of a checkout that is gone afterwards is of no use to later starts.
process.env['NODE_DISABLE_COMPILE_CACHE'] = '1'
const ROOT = join(import.meta.dirname, '..', '..', '..')
const ROOMS = [
  'schemas',
  'engine',
  'features',
  'processors',
  'topologies',
  'models',
  'serving',
  'world',
  'services',
  'cli',
  'bench',
]
const SETTINGS = [
  'package.json',
  'tsconfig.json',
  'vitest.config.ts',
  '.oxlintrc.json',
  '.prettierrc.json',
  '.prettierignore',
]

/** A checkout of its own, with what new files rest on. */
const copyOfCheckout = async (): Promise<string> => {
  const copy = await mkdtemp(join(tmpdir(), 'freshet-test-'))
  for (const name of [...ROOMS, ...SETTINGS])
    await cp(join(ROOT, name), join(copy, name), { recursive: true })
  for (const name of ['harness.ts', 'events.ts', '../topologies']) {
    await cp(join(ROOT, 'test/processors', name), join(copy, 'test/processors', name), { recursive: true })
  }
  await symlink(join(ROOT, 'node_modules'), join(copy, 'node_modules'))
  return copy
}

const tool = (checkout: string, path: string, ...args: readonly string[]): Promise<{ stdout: string }> =>
  run(process.execPath, [join(ROOT, 'node_modules', path), ...args], {
    cwd: checkout,
    env: { ...process.env, NO_COLOR: '1' },
  })

describe('what freshet new writes', () => {
  let checkout: string
  let tests: string[]
  let written: string[]

  beforeAll(async () => {
    checkout = await copyOfCheckout()
    const view = await createView(checkout, 'user-surface-long-name')
    const processor = await createProcessor(checkout, 'newest-reaction')
    tests = [view.test, processor.test]
    written = [view, processor].flatMap((created) => [...created.written, ...created.changed])
  })
  afterAll(() => rm(checkout, { recursive: true, force: true }))

  test('passes its own tests, and the committed pictures and the page of features are current', async () => {
    const { stdout } = await tool(
      checkout,
      'vitest/vitest.mjs',
      'run',
      ...tests,
      'test/topologies/pictures.test.ts',
      'test/topologies/features-page.test.ts',
    )
    expect(stdout).toMatch(/Test Files.* 4 passed/)
  })

  test('is told of file by file, the page of features among them, by which no row of the view stays for ever', async () => {
    expect(written).toContain(FEATURES_PAGE)
    const page = await readFile(join(checkout, FEATURES_PAGE), 'utf8')
    const totals = page
      .split('\n')
      .filter((line) => line.includes('user_surface_long_name.') && line.includes('.total`'))
    expect(totals).toHaveLength(3)
    for (const total of totals) expect(total).toContain('over the last 180d at least')
  })

  test('has types, lint and format in order', async () => {
    const sources = [...new Set(written)].filter((file) => file.endsWith('.ts'))
    expect(sources).toHaveLength(8)
    await tool(checkout, 'typescript/bin/tsc', '--noEmit', '-p', '.')
    await tool(checkout, 'oxlint/bin/oxlint', '--type-aware', '--deny-warnings', ...sources)
    await tool(checkout, 'prettier/bin/prettier.cjs', '--check', ...sources)
  })

  test('is part of what freshet up runs, and read by name', async () => {
    const picture = await readFile(join(checkout, 'topologies/everything.md'), 'utf8')
    expect(picture).toContain('[(user-surface-long-name v1)]')
    expect(picture).toContain('[(newest-reaction v1)]')
    const freshet = (...args: readonly string[]): Promise<{ stdout: string }> =>
      run(process.execPath, ['cli/freshet.ts', ...args], { cwd: checkout })
    expect((await freshet('describe', 'newest-reaction')).stdout).toContain('When each user last reacted.')
    await mkdir(join(checkout, 'data'))
    await expect(freshet('feature', 'get', 'nope', 'ada')).rejects.toThrow('NO_DATA')
  })

  test('is not written over what is there', async () => {
    await expect(createView(checkout, 'user-surface-long-name')).rejects.toThrow('is there already')
    await expect(createProcessor(checkout, 'connections')).rejects.toMatchObject({ code: 'NAME_TAKEN' })
    await expect(createView(checkout, 'total')).rejects.toMatchObject({ code: 'NAME_TAKEN' })
  })

  test.each([
    '',
    'Upper',
    'has space',
    '-dash',
    'dash-',
    'two--dashes',
    '../up',
    '__proto__',
    'class',
    'await',
    'x'.repeat(49),
  ])('is not named "%s"', async (name) => {
    await expect(createView(checkout, name)).rejects.toMatchObject({ code: 'USAGE' })
  })
})
