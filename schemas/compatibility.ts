import { isObject } from './declare/composites.ts'
import type { Json } from './declare/kind.ts'

/**
 * Whether two versions of a schema can read each other's records, by the resolution rules of the Avro
 * specification; without aliases, which the contracts do not use. Unlike a resolver's first exception it says
 * everything that is wrong, and what to do.
 */
export interface Compatibility {
  /** Why the newer version cannot read what the older wrote; empty when it can. */
  readonly backward: readonly string[]
  /** Why the older version cannot read what the newer writes; empty when it can. */
  readonly forward: readonly string[]
}

export const compare = (older: Json, newer: Json): Compatibility => ({
  backward: unreadable(older, newer, BACKWARD),
  forward: unreadable(newer, older, FORWARD),
})

/** How the same finding reads in each direction. */
interface Wording {
  readonly fieldWithoutDefault: (field: string) => string
  readonly symbolUnknown: (symbol: string) => string
  readonly branchUnknown: (branch: string) => string
}

const BACKWARD: Wording = {
  fieldWithoutDefault: (field) =>
    `field ${field} was added without a default: give it one, or make it optional`,
  symbolUnknown: (symbol) => `symbol ${symbol} was removed, but older records hold it: keep it`,
  branchUnknown: (branch) => `${branch} was allowed and is no more: keep it in the union`,
}

const FORWARD: Wording = {
  fieldWithoutDefault: (field) =>
    `field ${field} was removed, and the older version has no default for it: keep it`,
  symbolUnknown: (symbol) =>
    `symbol ${symbol} was added, which older readers refuse: add a field for it, or start a new topic`,
  branchUnknown: (branch) => `${branch} is newly allowed, which older readers refuse: add a field for it`,
}

/** Reader's type to the writer's types that it can also read (Avro's promotions). */
const PROMOTIONS: Readonly<Record<string, readonly string[]>> = {
  long: ['int'],
  float: ['int', 'long'],
  double: ['int', 'long', 'float'],
  string: ['bytes'],
  bytes: ['string'],
}

type Definitions = Map<string, Json>

interface Walk {
  readonly wording: Wording
  readonly writerNames: Definitions
  readonly readerNames: Definitions
}

const unreadable = (writer: Json, reader: Json, wording: Wording): string[] => {
  const walk = { wording, writerNames: namesIn(writer), readerNames: namesIn(reader) }
  return compareTypes(writer, reader, '', walk)
}

/** Every branch that may have been written must be readable as some branch of the reader's. */
const compareTypes = (writer: Json, reader: Json, path: string, walk: Walk): string[] => {
  const readerBranches = branchesOf(reader, walk.readerNames)
  return branchesOf(writer, walk.writerNames).flatMap((branch) => {
    const tried = readerBranches.map((candidate) => compareBranches(branch, candidate, path, walk))
    if (tried.some((problems) => problems.length === 0)) return []
    const from = typeName(branch)
    const same = readerBranches.findIndex((candidate) => typeName(candidate) === from)
    if (same >= 0) return tried[same]!
    return Array.isArray(writer) || Array.isArray(reader)
      ? [`${at(path)}: ${walk.wording.branchUnknown(from)}`]
      : tried.flat()
  })
}

const compareBranches = (written: Json, read: Json, path: string, walk: Walk): string[] => {
  const from = typeName(written)
  const to = typeName(read)
  if (from !== to) {
    const promoted = PROMOTIONS[to]?.includes(from) === true
    return promoted ? [] : [`${at(path)}: the type changed (${from} cannot be read as ${to}): keep it`]
  }
  switch (to) {
    case 'record':
      return compareRecords(written, read, path, walk)
    case 'enum':
      return compareEnums(written, read, path, walk)
    case 'array':
      return compareTypes(part(written, 'items'), part(read, 'items'), `${path}[]`, walk)
    case 'map':
      return compareTypes(part(written, 'values'), part(read, 'values'), `${path}[]`, walk)
    default:
      return []
  }
}

const compareRecords = (written: Json, read: Json, path: string, walk: Walk): string[] => {
  const renamed = compareNames(written, read, path)
  if (renamed.length > 0) return renamed
  const writtenFields = fieldsOf(written)
  return [...fieldsOf(read)].flatMap(([name, field]) => {
    const fieldPath = path === '' ? name : `${path}.${name}`
    const from = writtenFields.get(name)
    if (from !== undefined) return compareTypes(part(from, 'type'), part(field, 'type'), fieldPath, walk)
    return isObject(field) && Object.hasOwn(field, 'default')
      ? []
      : [walk.wording.fieldWithoutDefault(fieldPath)]
  })
}

const compareEnums = (written: Json, read: Json, path: string, walk: Walk): string[] => {
  const renamed = compareNames(written, read, path)
  if (renamed.length > 0) return renamed
  if (isObject(read) && Object.hasOwn(read, 'default')) return []
  const known = new Set(symbolsOf(read))
  return symbolsOf(written)
    .filter((symbol) => !known.has(symbol))
    .map((symbol) => `${at(path)}: ${walk.wording.symbolUnknown(symbol)}`)
}

const compareNames = (written: Json, read: Json, path: string): string[] => {
  const from = nameOf(written)
  const to = nameOf(read)
  return from === to ? [] : [`${at(path)}: the name changed (${from} is not ${to}): keep it`]
}

const at = (path: string): string => (path === '' ? 'the record' : path)

const part = (schema: Json, name: string): Json => (isObject(schema) ? (schema[name] ?? null) : null)

const nameOf = (schema: Json): string => {
  const name = part(schema, 'name')
  return typeof name === 'string' ? name : ''
}

const typeName = (schema: Json): string => {
  if (typeof schema === 'string') return schema
  const type = part(schema, 'type')
  return typeof type === 'string' ? type : 'nothing'
}

const branchesOf = (schema: Json, names: Definitions): readonly Json[] =>
  (Array.isArray(schema) ? (schema as readonly Json[]) : [schema]).map((branch) =>
    typeof branch === 'string' ? (names.get(branch.slice(branch.lastIndexOf('.') + 1)) ?? branch) : branch,
  )

const itemsOf = (schema: Json, name: string): readonly Json[] => {
  const items = part(schema, name)
  return Array.isArray(items) ? items : []
}

const fieldsOf = (schema: Json): Map<string, Json> =>
  new Map(itemsOf(schema, 'fields').map((field) => [nameOf(field), field]))

const symbolsOf = (schema: Json): string[] =>
  itemsOf(schema, 'symbols').filter((symbol) => typeof symbol === 'string')

/** Named types by their name without namespace: the contracts have one namespace. */
const namesIn = (schema: Json, names: Definitions = new Map()): Definitions => {
  if (Array.isArray(schema)) schema.forEach((branch: Json) => namesIn(branch, names))
  if (!isObject(schema)) return names
  const name = nameOf(schema)
  if (name !== '') names.set(name, schema)
  for (const field of itemsOf(schema, 'fields')) namesIn(part(field, 'type'), names)
  for (const inner of ['items', 'values', 'type']) {
    const schemaWithin = part(schema, inner)
    if (schemaWithin !== null && typeof schemaWithin !== 'string') namesIn(schemaWithin, names)
  }
  return names
}
