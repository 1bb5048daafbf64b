import { EngineError } from '../errors.ts'
import type { InputPosition, Reads } from './port.ts'

/** Where nobody says otherwise, all that was ever read still is. */
export const READS_ALL: Reads = () => true

/** Positions after a commit: those it names replace the old ones, the rest stay. */
export const mergePositions = (
  old: readonly InputPosition[],
  changed: readonly InputPosition[],
): readonly InputPosition[] => {
  const merged = new Map(old.map((position) => [nameOf(position), position]))
  for (const position of changed) {
    const { topic, partition, offset, newest } = position
    merged.set(nameOf(position), { topic, partition, offset, newest })
  }
  return [...merged.values()]
}

interface Reader {
  readonly id: string
  readonly positions: readonly InputPosition[]
}

/** The least offset that tasks which read the partition still need; Infinity when none does. */
export const leastConsumed = (
  tasks: readonly Reader[],
  reads: Reads,
  topic: string,
  partition: number,
): number => {
  let least = Infinity
  for (const { id, positions } of tasks) {
    if (!reads(id, topic)) continue
    for (const position of positions) {
      if (position.topic === topic && position.partition === partition)
        least = Math.min(least, position.offset)
    }
  }
  return least
}

/** Refuses to restore over a gap: a state without the blocks that were dropped would be silently wrong. */
export const checkChangelogKept = (
  task: string,
  trimmed: number,
  afterSequence: number,
  code: 'STATE_CORRUPT' | 'CHANGELOG_DROPPED',
): void => {
  if (afterSequence >= trimmed) return
  const detail = `the changelog of task ${task} was dropped up to commit ${trimmed}`
  throw new EngineError(code, `${detail}, but its state stands only for commit ${afterSequence}`)
}

const nameOf = ({ topic, partition }: InputPosition): string => `${partition}/${topic}`
