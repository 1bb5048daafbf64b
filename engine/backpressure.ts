/** By a writer's name: the readers of what it writes that are too far behind. */
export type Waits = ReadonlyMap<string, ReadonlySet<string>>

/**
 * The writers that must wait for a reader. Where a reader leads back to its writer, neither waits for the
 * other: each could be waiting for the other's next step, and both would stand still for ever.
 */
export const heldBack = (waits: Waits): ReadonlySet<string> =>
  new Set(
    [...waits]
      .filter(([writer, readers]) => [...readers].some((reader) => !leadsTo(waits, reader, writer)))
      .map(([writer]) => writer),
  )

const leadsTo = (waits: Waits, from: string, to: string, passed = new Set<string>()): boolean => {
  if (from === to) return true
  if (passed.has(from)) return false
  passed.add(from)
  return [...(waits.get(from) ?? [])].some((next) => leadsTo(waits, next, to, passed))
}
