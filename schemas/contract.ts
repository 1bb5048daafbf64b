import { avroType } from './avro.ts'
import type { Json } from './declare/kind.ts'
import { UnknownField } from './declare/kind.ts'
import type { RecordKind } from './declare/record.ts'
import { ContractCodec } from './codec.ts'
import type { Millis } from './ids.ts'
import type { SchemaSource } from './registry/source.ts'
import { embeddedSchemas, VERSIONS_MAX } from './registry/source.ts'
import type { ContractRule } from './rules.ts'
import { ContractError } from './rules.ts'

export { ContractError } from './rules.ts'

/** A version of a contract: its declaration, from which everything else follows. */
export interface Version<Value> {
  readonly version: number
  readonly record: RecordKind<Value>
}

interface Declaration<Value> {
  readonly topic: string
  readonly about: string
  /** Public topics are published by apps; internal ones are written by Freshet itself. */
  readonly visibility: 'public' | 'internal'
  /** Fixed number of the contract in schema ids; never given to another. */
  readonly ordinal: number
  /** Names the record key, for docs. */
  readonly keyAbout: string
  readonly keyOf: (value: Value) => string
  readonly timeOf: (value: Value) => Millis
  readonly eventIdOf?: (value: Value) => string
  /** The newest version. */
  readonly newest: Version<Value>
  /** The versions before it, oldest first. */
  readonly older?: readonly Version<unknown>[]
}

/** What a topic's records are, and how they are read, checked and written. */
export interface Contract<Value> {
  readonly topic: string
  readonly about: string
  readonly visibility: 'public' | 'internal'
  /** The newest version: values have its shape, bytes are written in it. */
  readonly version: number
  /** Id of the newest version's schema. */
  readonly schemaId: number
  readonly schema: Json
  /** Schemas of all versions, oldest first. */
  readonly schemas: readonly Json[]
  readonly record: RecordKind<Value>
  readonly keyAbout: string
  /** The record's key. */
  readonly keyOf: (value: Value) => string
  /** Event time. */
  readonly timeOf: (value: Value) => Millis
  /** Identity for idempotent publishing; internal contracts have none. */
  readonly eventIdOf: ((value: Value) => string) | undefined
  /** Reads parsed JSON: fills defaults, normalises, checks every rule. Throws a `ContractError`. */
  fromJson(json: unknown): Value
  /** As plain JSON; fields that are null are left out. */
  toJson(value: Value): Json
  /** Throws a `ContractError` when the value breaks a rule. */
  check(value: Value): void
  /**
   * Writes the frame (zero byte, schema id as u32 big endian, Avro) and answers the position after it, or minus
   * the bytes missing when the buffer is too short. The value must hold its rules (`check`); one that is not
   * even of the right types throws a `ContractError`.
   */
  encodeInto(value: Value, buffer: Buffer, position: number): number
  /** Reads a frame from `start` (inclusive) to `end` (exclusive) and checks every rule. Throws a `ContractError`. */
  decode(buffer: Buffer, start: number, end: number): Value
  /** The same contract with schema ids from another registry. */
  over(source: SchemaSource): Contract<Value>
}

export const contract = <Value>(declaration: Declaration<Value>): Contract<Value> => {
  const versions = [...(declaration.older ?? []), declaration.newest]
  checkVersions(declaration.topic, versions)
  const schemas = versions.map(({ record }) => record.avro(new Set()))
  return over(declaration, schemas, embeddedSchemas(declaration.topic, declaration.ordinal, schemas))
}

const checkVersions = (topic: string, versions: readonly Version<unknown>[]): void => {
  versions.forEach(({ version }, index) => {
    if (version !== index + 1 || version > VERSIONS_MAX) {
      throw new Error(`versions of ${topic} must be 1, 2, 3 and so on up to ${VERSIONS_MAX}; got ${version}`)
    }
  })
}

const over = <Value>(
  declaration: Declaration<Value>,
  schemas: readonly Json[],
  source: SchemaSource,
): Contract<Value> => {
  const { topic, newest } = declaration
  const schema = schemas[schemas.length - 1]!
  const schemaId = source.idOf(topic, newest.version)
  const check = checker(topic, newest.record)
  const codec = new ContractCodec<Value>(topic, avroType(schema), schemaId, source, check)
  return {
    topic,
    about: declaration.about,
    visibility: declaration.visibility,
    version: newest.version,
    schemaId,
    schema,
    schemas,
    record: newest.record,
    keyAbout: declaration.keyAbout,
    keyOf: declaration.keyOf,
    timeOf: declaration.timeOf,
    eventIdOf: declaration.eventIdOf,
    fromJson: (json) => {
      const value = build(topic, newest.record, json)
      check(value)
      return value
    },
    toJson: (value) => newest.record.json(value) ?? null,
    check,
    encodeInto: (value, buffer, position) => codec.encodeInto(value, buffer, position),
    decode: (buffer, start, end) => codec.decode(buffer, start, end),
    over: (other) => over(declaration, schemas, other),
  }
}

/** The candidate is a `Value` only once it was checked; `check` narrows nothing, so the cast is made here. */
const build = <Value>(topic: string, record: RecordKind<Value>, json: unknown): Value => {
  try {
    return record.build(json, '') as Value
  } catch (error) {
    if (!(error instanceof UnknownField)) throw error
    const { rule, path, detail } = error.problem
    throw new ContractError(rule, topic, path, detail)
  }
}

const checker = <Value>(topic: string, record: RecordKind<Value>): ((value: Value) => void) => {
  const breaks = record.breaks
  return (value) => {
    const rule = breaks(value)
    if (rule !== null) throw explained(topic, record, value, rule)
  }
}

const explained = (
  topic: string,
  record: RecordKind<unknown>,
  value: unknown,
  rule: ContractRule,
): ContractError => {
  const problem = record.explain(value, '') ?? { rule, path: '', detail: '' }
  return new ContractError(problem.rule, topic, problem.path, problem.detail)
}
