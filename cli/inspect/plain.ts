/** Any value as plain JSON can hold it: maps become objects, sets and vectors lists, bytes hex; what is no value, null. */
export type Plain = string | number | boolean | null | readonly Plain[] | { readonly [name: string]: Plain }

export const plainOf = (value: unknown): Plain => {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex')
  if (value instanceof Map) return plainObject([...value].map(([name, each]) => [String(name), each]))
  if (value instanceof Float32Array) return Array.from(value, shortened)
  if (Array.isArray(value)) return value.map(plainOf)
  if (value instanceof Set) return [...value].map(plainOf)
  if (typeof value === 'object' && value !== null) return plainObject(Object.entries(value))
  return null
}

/** A float32 holds about seven digits; what its decimal form shows beyond them is noise. */
const shortened = (value: number): number => Number(value.toPrecision(7))

const plainObject = (entries: readonly (readonly [string, unknown])[]): Plain =>
  Object.fromEntries(entries.map(([name, value]) => [name, plainOf(value)]))
