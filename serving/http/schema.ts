/**
 * JSON Schemas with the types of what they describe: one declaration validates a request, writes an answer, is
 * published in the OpenAPI document, and gives TypeScript its type.
 */
export interface Schema<Value> {
  /** As JSON Schema. */
  readonly json: Readonly<Record<string, unknown>>
  /** Never there: carries the type. */
  readonly value?: Value
}

export type ValueOf<S> = S extends Schema<infer Value> ? Value : never

/** A property that may be left out. */
export interface Optional<Value> {
  readonly optional: Schema<Value>
}

type Property = Schema<unknown> | Optional<unknown>
type Properties = Readonly<Record<string, Property>>
type Simplified<T> = { readonly [Key in keyof T]: T[Key] }

export type ObjectOf<P extends Properties> = Simplified<
  { readonly [Key in keyof P as P[Key] extends Optional<unknown> ? never : Key]: ValueOf<P[Key]> } & {
    readonly [Key in keyof P as P[Key] extends Optional<unknown> ? Key : never]?:
      (P[Key] extends Optional<infer Value> ? Value : never) | undefined
  }
>

interface About {
  readonly description?: string
}

const schema = <Value>(json: Readonly<Record<string, unknown>>): Schema<Value> => ({ json })

export const string = <Value extends string = string>(
  rules: About & {
    readonly minLength?: number
    readonly maxLength?: number
    readonly pattern?: string
  } = {},
): Schema<Value> => schema({ type: 'string', ...rules })

export const number = (
  rules: About & { readonly minimum?: number; readonly maximum?: number } = {},
): Schema<number> => schema({ type: 'number', ...rules })

export const integer = <Value extends number = number>(
  rules: About & { readonly minimum?: number; readonly maximum?: number; readonly default?: number } = {},
): Schema<Value> => schema({ type: 'integer', ...rules })

export const boolean = (rules: About & { readonly default?: boolean } = {}): Schema<boolean> =>
  schema({ type: 'boolean', ...rules })

export const oneOf = <const Values extends readonly string[]>(
  values: Values,
  rules: About = {},
): Schema<Values[number]> => schema({ type: 'string', enum: values, ...rules })

export const nullable = <Value>({ json }: Schema<Value>): Schema<Value | null> => {
  const { enum: values } = json
  return schema({
    ...json,
    type: [json['type'], 'null'],
    ...(Array.isArray(values) && { enum: [...(values as readonly unknown[]), null] }),
  })
}

export const list = <Item>(items: Schema<Item>, rules: About = {}): Schema<readonly Item[]> =>
  schema({ type: 'array', items: items.json, ...rules })

/** An object whose keys are all of the same kind. */
export const record = <Key extends string, Value>(
  keys: readonly Key[],
  values: Schema<Value>,
  rules: About = {},
): Schema<Readonly<Record<Key, Value>>> =>
  schema({
    type: 'object',
    additionalProperties: false,
    required: keys,
    properties: Object.fromEntries(keys.map((key) => [key, values.json])),
    ...rules,
  })

/** An object of any keys. */
export const map = <Value>(
  values: Schema<Value>,
  rules: About = {},
): Schema<Readonly<Record<string, Value>>> =>
  schema({ type: 'object', additionalProperties: values.json, ...rules })

export const optional = <Value>(inner: Schema<Value>): Optional<Value> => ({ optional: inner })

const isOptional = (property: Property): property is Optional<unknown> => 'optional' in property

/** What has a default may be left out, and is there all the same once it was read. */
const isRequired = (property: Property): boolean => !isOptional(property) && !('default' in property.json)

export const object = <const P extends Properties>(properties: P, rules: About = {}): Schema<ObjectOf<P>> => {
  const names = Object.keys(properties)
  return schema({
    type: 'object',
    additionalProperties: false,
    required: names.filter((name) => isRequired(properties[name]!)),
    properties: Object.fromEntries(
      names.map((name) => {
        const property = properties[name]!
        return [name, isOptional(property) ? property.optional.json : property.json]
      }),
    ),
    ...rules,
  })
}
