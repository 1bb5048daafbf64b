import type { ContractRule, Problem } from '../rules.ts'
import { show } from '../rules.ts'
import type { Json, Kind } from './kind.ts'
import { problemAt, scalar } from './kind.ts'
import { ID_BYTES_MAX } from '../ids.ts'
import { ID_PATTERN, idBreaks } from './text.ts'

/** Avro names live here, so that they cannot clash with those of other teams in one registry. */
export const AVRO_NAMESPACE = 'freshet'

/** One of a fixed set of words; stored as an Avro enum. */
export const oneOf = <const Symbols extends readonly string[]>(
  name: string,
  symbols: Symbols,
): Kind<Symbols[number]> => {
  const known: ReadonlySet<unknown> = new Set(symbols)
  const kind = scalar<Symbols[number]>({
    allows: `one of ${symbols.join(', ')}`,
    avro: { type: 'enum', name, symbols },
    jsonSchema: { type: 'string', enum: symbols },
    breaks: (value) => {
      if (typeof value !== 'string') return 'WRONG_TYPE'
      return known.has(value) ? null : 'NOT_IN_ENUM'
    },
  })
  return { ...kind, avro: (defined) => named(defined, name, () => ({ type: 'enum', name, symbols })) }
}

/** The definition at a name's first use in a schema, the name afterwards, as Avro asks. */
export const named = (defined: Set<string>, name: string, define: () => Json): Json => {
  if (defined.has(name)) return `${AVRO_NAMESPACE}.${name}`
  defined.add(name)
  return define()
}

/** The kind, or null for absent. Null and absent are the same in JSON; values always hold null. */
export const nullable = <Value>(inner: Kind<Value>): Kind<Value | null> => ({
  allows: inner.allows,
  avro: (defined) => ['null', inner.avro(defined)],
  jsonSchema: () => ({ oneOf: [inner.jsonSchema(), { type: 'null' }] }),
  breaks: (value) => (value === null ? null : inner.breaks(value)),
  explain: (value, path) => (value === null ? null : inner.explain(value, path)),
  build: (json, path) => (json === null ? null : inner.build(json, path)),
  json: (value) => (value === null ? undefined : inner.json(value)),
})

/** A list of at most `lengthMax` items. */
export const list = <Item>(item: Kind<Item>, lengthMax: number): Kind<readonly Item[]> => {
  const allows = `a list of at most ${lengthMax}, each ${item.allows}`
  const breaks = (value: unknown): ContractRule | null => {
    if (!Array.isArray(value)) return 'WRONG_TYPE'
    if (value.length > lengthMax) return 'LIST_TOO_LONG'
    for (let index = 0; index < value.length; index++) {
      const rule = item.breaks(value[index])
      if (rule !== null) return rule
    }
    return null
  }
  return {
    allows,
    avro: (defined) => ({ type: 'array', items: item.avro(defined) }),
    jsonSchema: () => ({ type: 'array', maxItems: lengthMax, items: item.jsonSchema() }),
    breaks,
    explain: (value, path) => {
      if (!Array.isArray(value)) return problemAt('WRONG_TYPE', path, allows, value)
      if (value.length > lengthMax) return problemAt('LIST_TOO_LONG', path, allows, value)
      return firstProblem(value, (part, index) => item.explain(part, `${path}[${index}]`))
    },
    build: (json, path) => {
      if (!Array.isArray(json) || json.length > lengthMax) return json
      return Array.from(json, (part) => item.build(part, `${path}[]`))
    },
    json: (value) => value.map((part) => item.json(part) ?? null),
  }
}

const firstProblem = (
  parts: readonly unknown[],
  explain: (part: unknown, index: number) => Problem | null,
): Problem | null => {
  for (let index = 0; index < parts.length; index++) {
    const problem = explain(parts[index], index)
    if (problem !== null) return problem
  }
  return null
}

/** True for what JSON calls an object. */
export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value)

/** Setting this key on an object changes its prototype instead of adding an entry. */
const RESERVED = '__proto__'

/** A map from labels (bound by the rules of ids) to values, at most `entriesMax`. */
export const map = <Value>(
  values: Kind<Value>,
  entriesMax: number,
): Kind<Readonly<Record<string, Value>>> => {
  const allows = `a map of at most ${entriesMax} labels, each to ${values.allows}`
  const entryBreaks = (key: string, value: unknown): ContractRule | null =>
    key === RESERVED ? 'NAME_RESERVED' : (idBreaks(key) ?? values.breaks(value))
  return {
    allows,
    avro: (defined) => ({ type: 'map', values: values.avro(defined) }),
    jsonSchema: () => ({
      type: 'object',
      maxProperties: entriesMax,
      propertyNames: { minLength: 1, maxLength: ID_BYTES_MAX, pattern: ID_PATTERN },
      additionalProperties: values.jsonSchema(),
    }),
    breaks: (value) => {
      if (!isObject(value)) return 'WRONG_TYPE'
      let entries = 0
      for (const key of Object.keys(value)) {
        if (++entries > entriesMax) return 'LIST_TOO_LONG'
        const rule = entryBreaks(key, value[key])
        if (rule !== null) return rule
      }
      return null
    },
    explain: (value, path) => {
      if (!isObject(value)) return problemAt('WRONG_TYPE', path, allows, value)
      const keys = Object.keys(value)
      if (keys.length > entriesMax) return problemAt('LIST_TOO_LONG', path, allows, value)
      return firstProblem(keys, (key) => explainEntry(String(key), value[String(key)], path, values))
    },
    build: (json, path) => {
      if (!isObject(json) || Object.hasOwn(json, RESERVED)) return json
      const keys = Object.keys(json)
      if (keys.length > entriesMax) return json
      const built: Record<string, unknown> = {}
      for (const key of keys) built[key] = values.build(json[key], `${path}[]`)
      return built
    },
    json: (value) => {
      const plain: Record<string, Json> = {}
      for (const key of Object.keys(value)) plain[key] = values.json(value[key]!) ?? null
      return plain
    },
  }
}

const explainEntry = (key: string, value: unknown, path: string, values: Kind<unknown>): Problem | null => {
  const at = `${path}[${show(key)}]`
  if (key === RESERVED) return problemAt('NAME_RESERVED', at, 'another label', key)
  const rule = idBreaks(key)
  return rule === null
    ? values.explain(value, at)
    : problemAt(rule, at, 'a label bound by the rules of ids', key)
}

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/

/** Opaque bytes, at most `bytesMax`; base64 in JSON. */
export const bytes = (bytesMax: number): Kind<Buffer> =>
  scalar<Buffer>({
    allows: `at most ${bytesMax} bytes (base64 in JSON)`,
    avro: 'bytes',
    jsonSchema: { type: 'string', contentEncoding: 'base64' },
    breaks: (value) => {
      if (!Buffer.isBuffer(value)) return typeof value === 'string' ? 'WRONG_FORM' : 'WRONG_TYPE'
      return value.length <= bytesMax ? null : 'BYTES_TOO_LONG'
    },
    build: (json) =>
      typeof json === 'string' && json.length % 4 === 0 && BASE64.test(json)
        ? Buffer.from(json, 'base64')
        : json,
    json: (value) => value.toString('base64'),
  })
