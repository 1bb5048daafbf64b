import type { Plan } from '../../../engine/fleet/records.ts'

const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0)

export const spread = (counts: readonly number[]): number => Math.max(...counts) - Math.min(...counts)

/** How many tasks have to move, at least, until no two members' numbers differ by more than one: of all ways tried. */
export const fewestMoves = (loads: readonly number[]): number => {
  const total = sum(loads)
  const share = Math.floor(total / loads.length)
  let fewest = Infinity
  for (let larger = 0; larger < 2 ** loads.length; larger++) {
    const wanted = loads.map((_, at) => share + ((larger >> at) & 1))
    if (sum(wanted) !== total) continue
    fewest = Math.min(fewest, sum(loads.map((load, at) => Math.max(0, load - wanted[at]!))))
  }
  return fewest
}

/** Tasks whose owner is another than before. */
export const moved = (before: Plan['tasks'], after: Plan['tasks']): number =>
  Object.keys(after).filter((task) => after[task]![0] !== before[task]![0]).length

/** Squares of how many tasks of each key space each member owns, added up: least where all have as many. */
export const unevenness = (tasks: Plan['tasks']): number => {
  const counts = new Map<string, number>()
  for (const [task, [owner]] of Object.entries(tasks)) {
    const key = `${owner} ${task.slice(0, task.lastIndexOf('-'))}`
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  return sum([...counts.values()].map((count) => count ** 2))
}
