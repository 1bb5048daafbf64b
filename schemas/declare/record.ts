import type { ContractRule, Problem } from '../rules.ts'
import { show } from '../rules.ts'
import { AVRO_NAMESPACE, isObject, named, nullable } from './composites.ts'
import type { Json, Kind } from './kind.ts'
import { problemAt, UnknownField } from './kind.ts'

/** A declared field: what it holds, what it means, and what stands for it when it is absent. */
export interface Field<Value> {
  readonly kind: Kind<Value>
  readonly about: string
  /** Absent: the field is required. */
  readonly absent?: () => Value
  readonly avroDefault?: Json
}

export const field = <Value>(kind: Kind<Value>, about: string): Field<Value> => ({ kind, about })

/** May be left out, and is then null. */
export const optional = <Value>(kind: Kind<Value>, about: string): Field<Value | null> => ({
  kind: nullable(kind),
  about,
  absent: () => null,
  avroDefault: null,
})

/** May be left out, and is then `value` (a scalar). */
export const defaulted = <Value extends string | number | boolean>(
  kind: Kind<Value>,
  value: Value,
  about: string,
): Field<Value> => ({ kind, about, absent: () => value, avroDefault: value })

/** A list that may be left out, and is then empty. */
export const listOrEmpty = <Item>(kind: Kind<readonly Item[]>, about: string): Field<readonly Item[]> => ({
  kind,
  about,
  absent: () => [],
  avroDefault: [],
})

/** A map that may be left out, and is then empty. */
export const mapOrEmpty = <Value>(
  kind: Kind<Readonly<Record<string, Value>>>,
  about: string,
): Field<Readonly<Record<string, Value>>> => ({ kind, about, absent: () => ({}), avroDefault: {} })

type Fields = Readonly<Record<string, Field<unknown>>>

export type RecordValue<F> = {
  readonly [Name in keyof F]: F[Name] extends Field<infer Value> ? Value : never
}

/** What fields of a record must be to each other, for docs. */
interface ToldRule {
  readonly rule: ContractRule
  /** The field that is at fault. */
  readonly field: string
  /** What is expected, for docs and messages. */
  readonly expects: string
}

/** A rule across fields. */
export interface FieldsRule<Value> extends ToldRule {
  readonly field: keyof Value & string
  /** Asked only of values whose fields each hold what they may. */
  isBroken(value: Value): boolean
}

type NamedFields = readonly (readonly [name: string, field: Field<unknown>])[]

/** A record's kind keeps its fields and rules for docs. */
export interface RecordKind<Value> extends Kind<Value> {
  readonly name: string
  readonly about: string
  readonly fields: NamedFields
  readonly rules: readonly ToldRule[]
}

const NAME = /^[a-z][A-Za-z0-9]*$/

/** Declares a record. The order of the fields is the order of the bytes. `rules` hold across fields. */
export const record = <const F extends Fields>(
  name: string,
  about: string,
  declared: F,
  rules: readonly FieldsRule<RecordValue<F>>[] = [],
): RecordKind<RecordValue<F>> => {
  const fields = Object.entries<Field<unknown>>(declared)
  for (const [fieldName] of fields) {
    if (!NAME.test(fieldName)) throw new Error(`field name ${show(fieldName)} of ${name} is not camel case`)
  }
  const allows = `an object with the fields of ${name}`
  return {
    name,
    about,
    fields,
    rules,
    allows,
    avro: (defined) => named(defined, name, () => avroRecord(name, about, fields, defined)),
    jsonSchema: () => jsonSchemaOf(about, fields),
    breaks: checker(fields, rules),
    explain: (value, path) => {
      if (!isObject(value)) return problemAt('WRONG_TYPE', path, allows, value)
      return explainFields(value, path, fields) ?? explainRules(value as RecordValue<F>, path, rules)
    },
    build: builder(name, fields),
    json: (value) => {
      const plain: Record<string, Json> = {}
      for (const [fieldName, { kind }] of fields) {
        const part = kind.json((value as Readonly<Record<string, unknown>>)[fieldName])
        if (part !== undefined) plain[fieldName] = part
      }
      return plain
    },
  }
}

const avroRecord = (name: string, about: string, fields: NamedFields, defined: Set<string>): Json => ({
  type: 'record',
  name,
  namespace: AVRO_NAMESPACE,
  doc: about,
  fields: fields.map(([fieldName, { kind, about, avroDefault }]) => ({
    name: fieldName,
    type: kind.avro(defined),
    ...(avroDefault === undefined ? {} : { default: avroDefault }),
    doc: about,
  })),
})

const jsonSchemaOf = (about: string, fields: NamedFields): Json => ({
  type: 'object',
  description: about,
  additionalProperties: false,
  required: fields.filter(([, { absent }]) => absent === undefined).map(([fieldName]) => fieldName),
  properties: Object.fromEntries(
    fields.map(([fieldName, { kind, about, avroDefault }]) => [
      fieldName,
      {
        description: about,
        ...(kind.jsonSchema() as Readonly<Record<string, Json>>),
        ...(avroDefault === undefined || avroDefault === null ? {} : { default: avroDefault }),
      },
    ]),
  ),
})

const explainFields = (
  value: Readonly<Record<string, unknown>>,
  path: string,
  fields: NamedFields,
): Problem | null => {
  for (const [fieldName, { kind }] of fields) {
    const problem = kind.explain(value[fieldName], within(path, fieldName))
    if (problem !== null) return problem
  }
  return null
}

const within = (path: string, fieldName: string): string => (path === '' ? fieldName : `${path}.${fieldName}`)

const explainRules = <Value>(
  value: Value,
  path: string,
  rules: readonly FieldsRule<Value>[],
): Problem | null => {
  const broken = rules.find((each) => each.isBroken(value))
  if (broken === undefined) return null
  const { rule, field: at, expects } = broken
  return { rule, path: within(path, at), detail: `Expected ${expects}, got ${show(value[at])}` }
}

/** The first rule that a field breaks, in declared order; then the first that they break together. */
const checker = <Value>(
  fields: NamedFields,
  rules: readonly FieldsRule<Value>[],
): ((value: unknown) => ContractRule | null) => {
  const names = fields.map(([fieldName]) => fieldName)
  const checks = fields.map(([, { kind }]) => kind.breaks)
  return (value) => {
    if (typeof value !== 'object' || value === null) return 'WRONG_TYPE'
    for (let index = 0; index < names.length; index++) {
      const rule = checks[index]!((value as Readonly<Record<string, unknown>>)[names[index]!])
      if (rule !== null) return rule
    }
    for (let index = 0; index < rules.length; index++) {
      if (rules[index]!.isBroken(value as Value)) return rules[index]!.rule
    }
    return null
  }
}

/** Builds objects of one shape, fields in declared order, whatever the order in the JSON. */
const builder = (name: string, fields: NamedFields): ((json: unknown, path: string) => unknown) => {
  const known: ReadonlyMap<string, unknown> = new Map(fields)
  return (json, path) => {
    if (!isObject(json)) return json
    for (const key of Object.keys(json)) {
      if (!known.has(key)) throw new UnknownField(unknownField(name, key, path))
    }
    const built: Record<string, unknown> = {}
    for (const [fieldName, field] of fields) built[fieldName] = buildField(json, fieldName, field, path)
    return built
  }
}

const buildField = (
  json: Readonly<Record<string, unknown>>,
  fieldName: string,
  { kind, absent }: Field<unknown>,
  path: string,
): unknown => {
  const raw = Object.hasOwn(json, fieldName) ? json[fieldName] : undefined
  if (raw !== undefined) return kind.build(raw, within(path, fieldName))
  return absent === undefined ? undefined : absent()
}

const FIELD_NAME_SHOWN_MAX = 64

const unknownField = (recordName: string, key: string, path: string): Problem => {
  const quoted = JSON.stringify(key.slice(0, FIELD_NAME_SHOWN_MAX).toWellFormed())
  const shown = quoted.slice(1, -1)
  return {
    rule: 'FIELD_UNKNOWN',
    path: path === '' ? shown : `${path}.${shown}`,
    detail: `${recordName} has no field ${quoted}`,
  }
}
