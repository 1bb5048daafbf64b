type Fields = Readonly<Record<string, unknown>>

/**
 * What a strategic merge patch makes of a manifest, as far as manifests here need it: fields are merged, null takes one
 * away, and lists whose items have names are merged by them.
 */
export const patchedBy = (value: unknown, patch: unknown): unknown => {
  if (isNamed(value) && isNamed(patch)) {
    const changes = new Map(patch.map((item) => [item.name, item]))
    const kept = value.map((item) => {
      const change = changes.get(item.name)
      changes.delete(item.name)
      return change === undefined ? item : patchedBy(item, change)
    })
    return [...kept, ...changes.values()]
  }
  if (!isFields(value) || !isFields(patch)) return patch
  const merged = new Map(Object.entries(value))
  for (const [name, change] of Object.entries(patch)) {
    if (change === null) merged.delete(name)
    else merged.set(name, merged.has(name) ? patchedBy(merged.get(name), change) : change)
  }
  return Object.fromEntries(merged)
}

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isNamed = (value: unknown): value is readonly (Fields & { readonly name: string })[] =>
  Array.isArray(value) && value.every((item) => isFields(item) && typeof item['name'] === 'string')
