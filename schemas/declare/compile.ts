import type { ContractRule } from '../rules.ts'

/**
 * One function per record, its fields read and written by constant name: V8 then keeps every access
 * monomorphic, which a loop over names cannot. The source holds names that a declaration gave (camel case,
 * checked there) and never anything from a record.
 */
const compile = (parameters: readonly string[], source: string, values: readonly unknown[]): unknown => {
  // oxlint-disable-next-line typescript/no-implied-eval -- the source is made of declared names only
  const make = new Function(...parameters, source) as (...values: readonly unknown[]) => unknown
  return make(...values)
}

type Breaks = (value: unknown) => ContractRule | null

/** The first rule that a record's fields break, in declared order. */
export const compileBreaks = (fields: readonly (readonly [name: string, breaks: Breaks])[]): Breaks => {
  const steps = fields.map(([name], index) => `if ((rule = f${index}(value.${name})) !== null) return rule`)
  const source = `return (value) => {
    if (typeof value !== 'object' || value === null) return 'WRONG_TYPE'
    let rule
    ${steps.join('\n    ')}
    return null
  }`
  return compile(
    fields.map((_, index) => `f${index}`),
    source,
    fields.map(([, breaks]) => breaks),
  ) as Breaks
}

type Build = (json: Readonly<Record<string, unknown>>, path: string) => unknown

/** Builds objects of one shape, fields in declared order, whatever the order in the JSON. */
export const compileBuild = (fields: readonly (readonly [name: string, read: Build])[]): Build => {
  const parts = fields.map(([name], index) => `${name}: f${index}(json, path)`)
  return compile(
    fields.map((_, index) => `f${index}`),
    `return (json, path) => ({ ${parts.join(', ')} })`,
    fields.map(([, read]) => read),
  ) as Build
}
