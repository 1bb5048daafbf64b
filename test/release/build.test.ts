import { execFile } from 'node:child_process'
import { existsSync, globSync } from 'node:fs'
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { build } from '../../release/build.ts'
import { Spawned } from '../cli/spawned.ts'

const run = promisify(execFile)
// What is compiled of a package that is gone afterwards is of no use to later starts.
process.env['NODE_DISABLE_COMPILE_CACHE'] = '1'
const ROOT = join(import.meta.dirname, '..', '..')
const MODULES = join(ROOT, 'node_modules')

/** The compiler, beside other tests. */
const BUILD_MS_MAX = 240_000

/** In TypeScript, as a publisher writes it. */
const PUBLISHER = `
import { contracts } from 'freshet/schemas'
import { reactions, type Reaction } from 'freshet/schemas/reactions'

const like: Reaction = contracts.reactions.fromJson({
  eventId: 'r-1', userId: 'ada', postId: 'p-1', authorId: 'bo', kind: 'like', at: 1_780_000_000_000,
})
console.log(reactions.keyOf(like), like.kind satisfies string)
// @ts-expect-error a reaction has no such field
console.log(like.colour)
`

describe('the package that is published', () => {
  let directory = ''
  let installed = ''

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'freshet-test-'))
    installed = join(directory, 'node_modules', 'freshet')
    await build(installed)
    await symlink(MODULES, join(installed, 'node_modules'))
    await symlink(join(MODULES, '@types'), join(directory, 'node_modules', '@types'))
  }, BUILD_MS_MAX)

  afterAll(() => rm(directory, { recursive: true, force: true }))

  test('holds modules that Node runs where it is installed, and what they read', async () => {
    expect(globSync(`${installed}/*/**/*.ts`).filter((file) => !file.endsWith('.d.ts'))).toEqual([])
    expect(globSync(`${installed}/test/**`)).toEqual([])
    expect(globSync(`${installed}/bench/**/*.{js,ts}`)).toEqual([])
    const manifest = JSON.parse(await readFile(join(installed, 'package.json'), 'utf8')) as object
    expect(manifest).toMatchObject({ name: 'freshet', bin: { freshet: 'cli/freshet.js' } })
    expect(manifest).not.toHaveProperty('devDependencies')
    expect(manifest).not.toHaveProperty('scripts')
  })

  test('holds every page that its README links to', async () => {
    const readme = await readFile(join(installed, 'README.md'), 'utf8')
    const links = [...readme.matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)].map(([, path]) => path!)
    expect(links).toContain('ARCHITECTURE.md')
    const here = links.filter((path) => existsSync(join(ROOT, path)))
    expect(here.filter((path) => !existsSync(join(installed, path)))).toEqual([])
  })

  test('opens a world, on all of its threads, and serves feeds and the page', async () => {
    const up = new Spawned(
      directory,
      ['up', '--world', '40', '--port', '0'],
      {},
      join(installed, 'cli/freshet.js'),
    )
    const url = await up.printed(/Open\s+(http:\S+)/)
    const posts = async (): Promise<number> => {
      const feed = await fetch(`${url}/v1/feed?userId=ada`)
      return ((await feed.json()) as { readonly items: unknown[] }).items.length
    }
    // On a machine that does much else, sources may come too late for a first feed.
    await vi.waitFor(async () => expect(await posts()).toBeGreaterThan(0), { timeout: 30_000, interval: 500 })
    expect(await (await fetch(url)).text()).toContain('<title>Freshet')
    expect(await (await fetch(`${url}/healthz`)).json()).toMatchObject({ status: 'alive' })
    up.signal('SIGTERM')
    expect(await up.ended).toMatchObject({ code: 0, stderr: '' })
  })

  test('says that benchmarks are of a checkout', async () => {
    const bench = new Spawned(directory, ['bench', 'engine'], {}, join(installed, 'cli/freshet.js'))
    expect((await bench.ended).stderr).toContain('NOT_A_CHECKOUT')
  })

  test('has contracts with types for publishers', async () => {
    await writeFile(join(directory, 'package.json'), '{ "type": "module" }')
    await writeFile(join(directory, 'publisher.ts'), PUBLISHER)
    const options = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2024', '--types', 'node']
    await run(process.execPath, [join(MODULES, 'typescript/bin/tsc'), ...options, 'publisher.ts'], {
      cwd: directory,
    })
    const { stdout } = await run(process.execPath, ['publisher.ts'], { cwd: directory })
    expect(stdout).toBe('ada like\nundefined\n')
  })
})
