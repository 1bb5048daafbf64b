import type { Random } from '../../../engine/driver/random.ts'

/** What may happen to a cluster and its workers, as `kafka-run.ts` names it. */
export const DISTURBANCES = [
  /** A worker by `kill -9`. */
  'kills',
  /** A node that leads, among others, partitions of topics that commits go to. */
  'broker-kills',
  /** A worker stopped for longer than its patience, and woken. */
  'freezes',
  /** A session is opened of each task that a worker runs, under its commits: it learns from those that it is replaced. */
  'rivals',
  /** The leaders of an input's and a changelog's partition lose it to another broker. */
  'reassignments',
  /** Redis is killed and comes back empty. */
  'redis-kills',
  /** Redis is emptied at once, under those who write to it. */
  'redis-flushes',
  /** The first worker's disk is full, and the worker killed and started again on it. */
  'disk-fulls',
] as const

export type Disturbance = (typeof DISTURBANCES)[number]
export type Times = Readonly<Record<Disturbance, number>>

/** Each as often as asked for, in an order that is drawn. */
export const drawn = (times: Times, random: Random): Disturbance[] => {
  const all = DISTURBANCES.flatMap((each) => Array.from({ length: times[each] }, () => each))
  for (let index = all.length - 1; index > 0; index--) {
    const other = random.below(index + 1)
    ;[all[index], all[other]] = [all[other]!, all[index]!]
  }
  return all
}

/** How often each came to pass, none so far. */
export const noneYet = (): Record<Disturbance, number> =>
  Object.fromEntries(DISTURBANCES.map((each) => [each, 0])) as Record<Disturbance, number>
