import type { ContractRule, Problem } from '../rules.ts'
import { show } from '../rules.ts'

/** Avro schemas and JSON documents, as plain data. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json }

/**
 * What one declared field can hold. From this one description come the Avro type, the rule, the reading of
 * JSON and the docs; `Value` is the TypeScript type, inferred.
 */
export interface Kind<Value> {
  /** What is allowed, as a noun phrase for docs and messages: `an id of 1 to 64 bytes`. */
  readonly allows: string
  /** The Avro type. `defined` holds the names already defined in the schema: a second use is by name. */
  avro(defined: Set<string>): Json
  /** The JSON Schema of the JSON form, for AsyncAPI. */
  jsonSchema(): Json
  /** The rule that the value breaks, or null. Makes no garbage when all is well. */
  readonly breaks: (value: unknown) => ContractRule | null
  /** Where the value breaks which rule; for messages, after `breaks` answered one. */
  explain(value: unknown, path: string): Problem | null
  /** JSON to a value that is yet to be checked: fills defaults, normalises, refuses unknown fields. */
  build(json: unknown, path: string): unknown
  /** The value as plain JSON; undefined leaves it out. */
  json(value: Value): Json | undefined
}

/** Thrown by `build` where a JSON object has a field that the contract has not. */
export class UnknownField extends Error {
  readonly problem: Problem

  constructor(problem: Problem) {
    super(problem.rule)
    this.name = 'UnknownField'
    this.problem = problem
  }
}

/** The declared type of a kind. */
export type ValueOf<K> = K extends Kind<infer Value> ? Value : never

interface Scalar<Value> {
  readonly allows: string
  readonly avro: Json
  readonly jsonSchema: Json
  readonly breaks: (value: unknown) => ContractRule | null
  readonly build?: (json: unknown) => unknown
  readonly json?: (value: Value) => Json
}

/** A kind without parts: what it breaks is found at the value itself. */
export const scalar = <Value>(parts: Scalar<Value>): Kind<Value> => ({
  allows: parts.allows,
  avro: () => parts.avro,
  jsonSchema: () => parts.jsonSchema,
  breaks: parts.breaks,
  explain: (value, path) => {
    const rule = parts.breaks(value)
    return rule === null ? null : problemAt(rule, path, parts.allows, value)
  },
  build: parts.build ?? ((json) => json),
  json: parts.json ?? ((value) => value as Json),
})

export const problemAt = (rule: ContractRule, path: string, allows: string, value: unknown): Problem =>
  value === undefined
    ? { rule: 'FIELD_MISSING', path, detail: `Expected ${allows}` }
    : { rule, path, detail: `Expected ${allows}, got ${show(value)}` }
