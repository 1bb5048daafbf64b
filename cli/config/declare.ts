import type { Kind } from './kinds.ts'

/** One setting: what it may be, what it is when nobody says, and what it is for. */
export interface Setting<Value> {
  readonly kind: Kind<unknown>
  readonly fallback: Value
  readonly about: string
  /** Taken from the environment alone, and never shown. */
  readonly isSecret: boolean
}

/** Settings by name, in sections. */
export interface Section {
  readonly [name: string]: Setting<unknown> | Section
}

export type SettingsOf<Declared> = {
  readonly [Name in keyof Declared]: Declared[Name] extends Setting<infer Value>
    ? Value
    : SettingsOf<Declared[Name]>
}

export const setting = <Value>(
  kind: Kind<Value>,
  fallback: NoInfer<Value>,
  about: string,
): Setting<Value> => ({
  kind,
  fallback,
  about,
  isSecret: false,
})

/** Null where nobody says. */
export const optional = <Value>(kind: Kind<Value>, about: string): Setting<Value | null> => ({
  kind,
  fallback: null,
  about,
  isSecret: false,
})

export const secret = (kind: Kind<string>, about: string): Setting<string | null> => ({
  kind,
  fallback: null,
  about,
  isSecret: true,
})

export interface Named {
  /** Such as `kafka.clientId`. */
  readonly path: string
  /** Such as `FRESHET_KAFKA_CLIENT_ID`. */
  readonly variable: string
  readonly setting: Setting<unknown>
}

export const isSetting = (each: Setting<unknown> | Section): each is Setting<unknown> =>
  'kind' in each && 'fallback' in each

/** Every setting of a section and of those within it, in the order declared. */
export const namedSettings = (section: Section, prefix = ''): Named[] =>
  Object.entries(section).flatMap(([name, each]) => {
    const path = `${prefix}${name}`
    return isSetting(each)
      ? [{ path, variable: variableOf(path), setting: each }]
      : namedSettings(each, `${path}.`)
  })

/** `kafka.clientId` as FRESHET_KAFKA_CLIENT_ID. */
const variableOf = (path: string): string =>
  `FRESHET_${path
    .replaceAll(/([a-z])([A-Z])/g, '$1_$2')
    .replaceAll('.', '_')
    .toUpperCase()}`
