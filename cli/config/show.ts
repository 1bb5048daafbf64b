import { columns } from '../columns.ts'
import { namedSettings } from './declare.ts'
import type { Configured, Origin } from './read.ts'
import { declared } from './schema.ts'

/** A setting in force, as people see it. */
export interface ShownSetting {
  readonly setting: string
  readonly variable: string
  /** Of a secret that is set: a mask. */
  readonly value: unknown
  readonly origin: Origin
  readonly about: string
}

const MASK = '********'

/** Every setting with its value and where that came from; no secret among them. */
export const shownSettings = ({ settings, origins }: Configured): ShownSetting[] =>
  namedSettings(declared).map(({ path, variable, setting: { about, isSecret } }) => {
    const value = path.split('.').reduce<unknown>((within, name) => (within as Fields)[name], settings)
    return {
      setting: path,
      variable,
      value: isSecret && value !== null ? MASK : value,
      origin: origins.get(path)!,
      about,
    }
  })

type Fields = Readonly<Record<string, unknown>>

/**
 * One line a setting: name, value, origin, and its name in the environment, where asked for also what it is for; under a
 * line that names them.
 */
export const settingLines = (shown: readonly ShownSetting[], isVerbose = false): string[] =>
  columns([
    ['setting', 'value', 'from', 'variable', ...(isVerbose ? ['what it is for'] : [])],
    ...shown.map(({ setting, value, origin, variable, about }) => [
      setting,
      writtenOf(value),
      origin,
      variable,
      ...(isVerbose ? [about] : []),
    ]),
  ])

/** A value as people read it; a dash for none. */
export const writtenOf = (value: unknown): string => {
  if (value === null) return '-'
  if (Array.isArray(value)) return value.join(',') || '-'
  return value === '' ? '""' : `${value as string | number | boolean}`
}
