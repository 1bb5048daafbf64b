import type { FeaturePosition, FollowedStore, PlacedReader } from '../store/port.ts'

/** Which task: the partition of a key space. */
export interface TaskPlace {
  readonly keySpace: string
  readonly partition: number
}

/**
 * How far all stores of a task have come, written after them: every row up to `sequence` is there. Readers learn
 * from it what rows know of, its writer where to go on.
 */
export interface TaskMark {
  readonly sequence: number
  /** Newest event time that the task had seen, milliseconds; −1 before the first. */
  readonly newest: number
  /** By input topic: the offset after the last record that rows know of. */
  readonly inputs: Readonly<Record<string, number>>
  /** Names of stores by their number in the changelog. */
  readonly names: Readonly<Record<string, string>>
  /** By store: sequence of its last change. */
  readonly changed: Readonly<Record<string, number>>
  /** Stores of which every row as of `sequence` is there; empty while some may still have to come, as repeated ones. */
  readonly whole: readonly string[]
}

export const NO_MARK: TaskMark = { sequence: 0, newest: -1, inputs: {}, names: {}, changed: {}, whole: [] }

const KEY = Buffer.from('mark')

/** Marks are rows of a store of their own: no processor's name holds a colon. */
export const markStoreOf = (keySpace: string): string => `mark:${keySpace}`

export const readMark = async (
  store: Pick<FollowedStore, 'readRow'>,
  { keySpace, partition }: TaskPlace,
): Promise<TaskMark> => markOf(await store.readRow(markStoreOf(keySpace), partition, KEY))

/** Those of many tasks, in the order asked. */
export const readMarks = async (
  store: Pick<PlacedReader, 'readPlaced'>,
  places: readonly TaskPlace[],
): Promise<readonly TaskMark[]> => {
  const keys = places.map(({ keySpace, partition }) => ({
    store: markStoreOf(keySpace),
    partition,
    key: KEY,
  }))
  const rows = await store.readPlaced(keys)
  return rows.map(markOf)
}

const markOf = (row: Buffer | null): TaskMark =>
  row === null ? NO_MARK : { ...NO_MARK, ...(JSON.parse(row.toString()) as Partial<TaskMark>) }

/** Throws `FEATURES_LOST` when the store has forgotten the mark before. */
export const writeMark = (
  store: FollowedStore,
  { keySpace, partition }: TaskPlace,
  mark: TaskMark,
  previous: number,
): Promise<void> =>
  store.apply({
    store: markStoreOf(keySpace),
    partition,
    sequence: mark.sequence,
    previous,
    newest: mark.newest,
    rows: [[KEY, Buffer.from(JSON.stringify(mark))]],
  })

export const markPosition = (
  store: FollowedStore,
  { keySpace, partition }: TaskPlace,
): Promise<FeaturePosition> => store.position(markStoreOf(keySpace), partition)
