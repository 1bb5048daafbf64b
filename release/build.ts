import { execFileSync } from 'node:child_process'
import { cp, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/**
 * Makes the package that is published, of this checkout, in `dist` (`npm run build`). Node strips no types below
 * node_modules, so it holds JavaScript with declarations beside it, laid out as here.
 */

const ROOT = dirname(import.meta.dirname)
const COMPILER = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc')

/** What is read at run time and is no module, */
const READ_AT_RUN_TIME = ['web', 'cli/new/templates'] as const
/** and what people read: README, and every page that it links to, with the pages that those link to. */
const PAGES = [
  'LICENSE',
  'README.md',
  'ARCHITECTURE.md',
  'CONTRIBUTING.md',
  'bench/EXPERIMENTS.md',
  'bench/RESULTS.md',
  'cli/evaluate/README.md',
  'cli/import/README.md',
  'cli/off-policy/README.md',
  'docker/README.md',
  'docs',
  'models/README.md',
  'schemas/README.md',
  'topologies/everything.md',
] as const

/** What the manifest here says of the package, whoever runs it. */
const KEPT = [
  'name',
  'version',
  'description',
  'license',
  'type',
  'dependencies',
  'optionalDependencies',
  'peerDependencies',
  'peerDependenciesMeta',
] as const

/** The contracts are for publishers in TypeScript; everything else is run by the command. */
const EXPORTS = {
  './schemas': './schemas/index.js',
  './schemas/*': './schemas/*/index.js',
  './package.json': './package.json',
}

/** What is compiled runs on what it is tested on: no older Node is carried along. */
const ENGINES = { node: '>=24' }

/** Makes it in a directory, in place of what is there. Throws where it does not compile; what the compiler says is printed. */
export const build = async (directory: string): Promise<void> => {
  await rm(directory, { recursive: true, force: true })
  const project = ['--project', join(ROOT, 'tsconfig.build.json'), '--outDir', directory]
  // What it says goes to whoever runs this.
  execFileSync(process.execPath, [COMPILER, ...project], { cwd: ROOT, stdio: 'inherit' })
  for (const asset of [...READ_AT_RUN_TIME, ...PAGES])
    await cp(join(ROOT, asset), join(directory, asset), { recursive: true, filter: isReadAtRunTime })
  await writeFile(join(directory, 'package.json'), `${JSON.stringify(await manifest(), null, 2)}\n`)
}

/** The page's types and their settings are for who works on it. */
const isReadAtRunTime = (file: string): boolean => !/\.ts$|\btsconfig\.json$/.test(file)

const manifest = async (): Promise<object> => {
  const own = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as Record<string, unknown>
  const kept = Object.fromEntries(KEPT.map((field) => [field, own[field]]))
  return { ...kept, bin: { freshet: 'cli/freshet.js' }, exports: EXPORTS, engines: ENGINES }
}

if (import.meta.main) await build(join(ROOT, 'dist'))
