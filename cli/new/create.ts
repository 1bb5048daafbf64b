import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { CliError } from '../errors.ts'
import { type Names, namesOf } from './names.ts'
import { addDecoder, addTopology, addView } from './registration.ts'

/** What was written into a checkout, as paths in it. */
export interface Created {
  readonly written: readonly string[]
  readonly changed: readonly string[]
  /** The new test. */
  readonly test: string
}

interface Part {
  readonly template: string
  readonly file: string
}

const run = promisify(execFile)

const INDEX = 'topologies/index.ts'
const DECODERS = 'cli/decoders.ts'
/** The module that makes it needs what a package does not have. */
const FEATURES_PAGE = 'docs/features.md'

/** A view with its test, topology and picture. */
export const createView = async (root: string, name: string): Promise<Created> => {
  const names = namesOf(name)
  const test = `test/processors/views/${name}.test.ts`
  const parts = [
    { template: 'view', file: `processors/views/${name}.ts` },
    { template: 'view-test', file: test },
    { template: 'view-topology', file: `topologies/${name}.ts` },
  ]
  const created = await create(root, names, parts, test, {
    [INDEX]: (text) => addView(addTopology(text, names), names),
  })
  return { ...created, changed: [...created.changed, FEATURES_PAGE] }
}

/** A processor with its test, topology, picture and decoder. */
export const createProcessor = async (root: string, name: string): Promise<Created> => {
  const names = namesOf(name)
  const test = `test/processors/${name}.test.ts`
  const parts = [
    { template: 'processor', file: `processors/${name}.ts` },
    { template: 'processor-test', file: test },
    { template: 'processor-topology', file: `topologies/${name}.ts` },
  ]
  return create(root, names, parts, test, {
    [INDEX]: (text) => addTopology(text, names),
    [DECODERS]: (text) => addDecoder(text, names),
  })
}

/** Everything is read and checked before anything is written. */
const create = async (
  root: string,
  names: Names,
  parts: readonly Part[],
  test: string,
  changes: Readonly<Record<string, (text: string) => string>>,
): Promise<Created> => {
  await assertCheckout(root)
  const texts = new Map<string, string>()
  for (const { template, file } of parts) {
    if (existsSync(join(root, file))) throw new CliError('NAME_TAKEN', `${file} is there already`)
    texts.set(
      file,
      fill(await readFile(join(import.meta.dirname, 'templates', `${template}.template`), 'utf8'), names),
    )
  }
  for (const [file, change] of Object.entries(changes)) {
    texts.set(file, change(await readFile(join(root, file), 'utf8')))
  }
  for (const [file, text] of texts) {
    await mkdir(dirname(join(root, file)), { recursive: true })
    await writeFile(join(root, file), text)
  }
  await format(root, [...texts.keys()])
  await run(process.execPath, ['topologies/draw.ts'], { cwd: root })
  const pictures = ['json', 'md'].map((type) => `topologies/${names.name}.${type}`)
  return {
    written: [...parts.map(({ file }) => file), ...pictures],
    changed: [...Object.keys(changes), 'topologies/everything.json', 'topologies/everything.md'],
    test,
  }
}

const assertCheckout = async (root: string): Promise<void> => {
  const manifest = await readFile(join(root, 'package.json'), 'utf8').catch(() => '{}')
  const { name } = JSON.parse(manifest) as { readonly name?: string }
  if (name !== 'freshet') throw new CliError('NOT_A_CHECKOUT', `${root} holds no package.json of freshet`)
}

/** Throws when the name is one that the template itself uses. */
const fill = (template: string, { name, camel, pascal, column }: Names): string => {
  if (new RegExp(`\\b(${camel}|${pascal})\\b`).test(template)) {
    throw new CliError('NAME_TAKEN', `"${name}" is a word that the generated code uses itself`)
  }
  return template
    .replaceAll('__name__', name)
    .replaceAll('__camel__', camel)
    .replaceAll('__Camel__', pascal)
    .replaceAll('__column__', column)
}

/** Names of other lengths than the template's break lines elsewhere. */
const format = async (root: string, files: readonly string[]): Promise<void> => {
  const prettier = join(root, 'node_modules/prettier/bin/prettier.cjs')
  if (existsSync(prettier)) {
    await run(process.execPath, [prettier, '--write', '--log-level', 'warn', ...files], { cwd: root })
  }
}
