import { readFile } from 'node:fs/promises'
import { CliError, systemCodeOf } from '../errors.ts'
import { isSetting, type Named, namedSettings, type Section } from './declare.ts'
import type { Kind } from './kinds.ts'
import { declared, problemsAmong, type Settings } from './schema.ts'

export const CONFIG_FILE = 'freshet.config.json'
const FILE_VARIABLE = 'FRESHET_CONFIG'

export type Origin = 'default' | 'file' | 'environment' | 'option'

/** The settings in force, and where each came from. */
export interface Configured {
  readonly settings: Settings
  readonly origins: ReadonlyMap<string, Origin>
  /** The file that was read; null where there is none. */
  readonly file: string | null
}

export type Environment = Readonly<Record<string, string | undefined>>

export interface ReadOptions {
  /** Must be there; without it, `FRESHET_CONFIG` or the file of the working directory, if it is there. */
  readonly file?: string
  readonly environment: Environment
  /** Text of options, by the setting's path: they win over all else. */
  readonly options?: Readonly<Record<string, string | undefined>>
}

interface Found {
  readonly value: unknown
  readonly origin: Origin
}

/** Reads every setting. Throws `CONFIG_INVALID`, which names each setting that is wrong and what to give. */
export const readSettings = async ({ file, environment, options = {} }: ReadOptions): Promise<Configured> => {
  const read = await readConfigFile(file ?? environment[FILE_VARIABLE])
  const problems = [...problemsOfFile(read), ...problemsOfEnvironment(environment)]
  const origins = new Map<string, Origin>()
  const values = new Map<string, unknown>()
  for (const named of namedSettings(declared)) {
    const { value, origin } = valueOf(named, read, environment, options, problems)
    values.set(named.path, value)
    origins.set(named.path, origin)
  }
  const settings = nested(declared, values) as Settings
  if (problems.length === 0) {
    for (const [path, problem] of problemsAmong(settings)) problems.push(`${path} ${problem}`)
  }
  if (problems.length > 0) throw new CliError('CONFIG_INVALID', problems.join('; '))
  return { settings, origins, file: read?.name ?? null }
}

interface ConfigFile {
  readonly name: string
  readonly content: Readonly<Record<string, unknown>>
}

const readConfigFile = async (asked: string | undefined): Promise<ConfigFile | null> => {
  const name = asked ?? CONFIG_FILE
  let written: string
  try {
    written = await readFile(name, 'utf8')
  } catch (error) {
    if (asked === undefined && systemCodeOf(error) === 'ENOENT') return null
    throw new CliError('FILE_UNREADABLE', `${name}: ${messageOf(error)}`, { cause: error })
  }
  try {
    const content: unknown = JSON.parse(written)
    if (isRecord(content)) return { name, content }
  } catch (error) {
    throw new CliError('CONFIG_INVALID', `${name} is not JSON: ${messageOf(error)}`, { cause: error })
  }
  throw new CliError(
    'CONFIG_INVALID',
    `${name}: give an object such as {"kafka":{"brokers":["localhost:9092"]}}`,
  )
}

const valueOf = (
  { path, variable, setting: { kind, fallback, isSecret } }: Named,
  file: ConfigFile | null,
  environment: Environment,
  options: Readonly<Record<string, string | undefined>>,
  problems: string[],
): Found => {
  const inFile = file === null || isSecret ? undefined : at(file.content, path)
  const candidates: readonly (readonly [Origin, string, unknown])[] = [
    ['option', `the option for ${path}`, parsed(options[path], kind)],
    ['environment', variable, parsed(environment[variable], kind)],
    ['file', `${file?.name}: ${path}`, inFile],
  ]
  const given = candidates.find(([, , json]) => json !== undefined && json !== null)
  if (given === undefined) return { value: fallback, origin: 'default' }
  const [origin, where, json] = given
  const value = kind.read(json)
  if (value !== undefined) return { value, origin }
  problems.push(
    `${where} is ${isSecret ? 'not' : `${JSON.stringify(json)}, not`} what it may be: give ${kind.takes}`,
  )
  return { value: fallback, origin: 'default' }
}

/** An empty variable is one that is not set. */
const parsed = (written: string | undefined, kind: Kind<unknown>): unknown =>
  written === undefined || written === '' ? undefined : kind.parse(written)

const at = (content: Readonly<Record<string, unknown>>, path: string): unknown =>
  path.split('.').reduce<unknown>((within, name) => (isRecord(within) ? within[name] : undefined), content)

const problemsOfFile = (file: ConfigFile | null): string[] =>
  file === null ? [] : strangers(file.content, declared, '').map((problem) => `${file.name}: ${problem}`)

/** What a file holds that is no setting, or must not be in a file. */
const strangers = (content: Readonly<Record<string, unknown>>, section: Section, prefix: string): string[] =>
  Object.entries(content).flatMap(([name, value]) => {
    const path = `${prefix}${name}`
    const known = Object.hasOwn(section, name) ? section[name] : undefined
    if (known === undefined)
      return path === '$schema' ? [] : [`${path} is no setting: ${nearest(section, prefix)}`]
    if (!isSetting(known)) {
      return isRecord(value) ? strangers(value, known, `${path}.`) : [`${path} is a section: give an object`]
    }
    const { variable } = namedSettings({ [name]: known }, prefix)[0]!
    return known.isSecret
      ? [`${path} is a secret, and files are shown and shared: set ${variable} instead`]
      : []
  })

const nearest = (section: Section, prefix: string): string =>
  `there are ${Object.keys(section)
    .map((name) => prefix + name)
    .join(', ')}`

/** A mistyped variable would be believed to work. Others of ours (FRESHET_DEBUG) begin with no section's name. */
const problemsOfEnvironment = (environment: Environment): string[] => {
  const known = new Set(namedSettings(declared).map(({ variable }) => variable))
  const sections = Object.keys(declared).map((name) => `FRESHET_${name.toUpperCase()}_`)
  return Object.keys(environment)
    .filter((name) => sections.some((begin) => name.startsWith(begin)) && !known.has(name))
    .map((name) => `${name} is no setting: there are ${ofSection(name, known).join(', ')}`)
}

const ofSection = (name: string, known: ReadonlySet<string>): string[] => {
  const begin = name.split('_', 2).join('_')
  return [...known].filter((each) => each.startsWith(`${begin}_`))
}

const nested = (section: Section, values: ReadonlyMap<string, unknown>, prefix = ''): unknown =>
  Object.fromEntries(
    Object.entries(section).map(([name, each]) => [
      name,
      isSetting(each) ? values.get(prefix + name) : nested(each, values, `${prefix}${name}.`),
    ]),
  )

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
