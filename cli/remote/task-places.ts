import { plansOf, type TaskPlan, type Topology } from '../../engine/topology.ts'
import { markStoreOf, type TaskMark, type TaskPlace } from '../../features/sink/task-mark.ts'
import type { FollowedPosition, StorePlace } from '../../features/store/port.ts'

/** A task, and what it reads. */
export interface InputPlace extends TaskPlace {
  readonly inputs: TaskPlan['inputs']
  /** Its stores without whose rows something would be shown that must not be. */
  readonly forbidding: readonly string[]
}

const FORBIDDING: ReadonlySet<string> = new Set(['connections', 'hidden-posts', 'integrity'])

export const taskOf = ({ keySpace, partition }: TaskPlace): string => `${keySpace}-${partition}`

/** All tasks of a topology. */
export const placesOf = (topology: Topology, partitions: number): readonly InputPlace[] =>
  plansOf(topology).flatMap(({ keySpace, inputs, nodes }) => {
    const forbidding = nodes.map(({ name }) => name).filter((name) => FORBIDDING.has(name))
    return Array.from({ length: partitions }, (_, partition) => ({ keySpace, inputs, forbidding, partition }))
  })

/** What is looked at: of each task its mark, then its stores that forbid. On a Cluster they lie on several nodes. */
export const watchedOf = (places: readonly InputPlace[]): readonly StorePlace[] =>
  places.flatMap(({ keySpace, partition, forbidding }) =>
    [markStoreOf(keySpace), ...forbidding].map((store) => ({ store, partition })),
  )

/** Whether stores have not what a mark says that they had, or nobody knows: the mark was written after them, and read before. */
export const lacks = (
  { forbidding }: InputPlace,
  { changed }: TaskMark,
  positions: readonly FollowedPosition[],
): boolean =>
  forbidding.some((store, index) => {
    const expected = changed[store]
    return expected !== undefined && positions[index]!.sequence < expected
  })

/**
 * Whether every row that forbids something is there, up to where a mark says that its task has come. While rows are
 * carried anew, one that has not changed for long may come with a later block than all that events changed.
 */
export const forbidsAll = ({ forbidding }: InputPlace, { whole }: TaskMark): boolean =>
  forbidding.every((store) => whole.includes(store))
