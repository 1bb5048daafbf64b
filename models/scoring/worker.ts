import { parentPort, workerData } from 'node:worker_threads'
import { ENTITY_WORDS } from '../embeddings/entities.ts'
import { ModelError } from '../errors.ts'
import { performTasks } from '../threads/perform.ts'
import type { FollowTask, ScoreTask, Task, ThreadData } from './messages.ts'
import { isEnd, rowsIn } from './row-stream.ts'
import { ScoringSession } from './session.ts'

/** A scorer's thread: holds the snapshots in use and scores matrices that it shares with serving. */

const { slots } = workerData as ThreadData
const sessions = new Map<string, ScoringSession>()

/** Rows that do not come for so long are not waited for: the thread may have others to score. */
const FOLLOW_MS = 2

/** Answers how many rows of a matrix are scored, where that was not known before. */
const perform = async (task: Task): Promise<number> => {
  if (task.kind === 'score') {
    await score(task, task.first, task.rows)
    return task.first + task.rows
  }
  if (task.kind === 'follow') return follow(task)
  if (task.kind === 'load') {
    const { snapshot } = task
    sessions.set(snapshot.manifest.version, await ScoringSession.create(snapshot))
    return 0
  }
  await sessionOf(task.version).dispose()
  sessions.delete(task.version)
  return 0
}

const score = async (
  { slot, model, version }: ScoreTask | FollowTask,
  first: number,
  count: number,
): Promise<void> => {
  const { rows, width, entities, outputs, heads } = slots[slot]![model]
  await sessionOf(version).score(
    rows.subarray(first * width),
    count,
    outputs.subarray(first * heads),
    entities.subarray(first * ENTITY_WORDS),
  )
}

const follow = async (task: FollowTask): Promise<number> => {
  const { filled } = slots[task.slot]![task.model]
  for (let scored = task.first; ;) {
    const word = Atomics.load(filled, 0)
    const rows = rowsIn(word)
    if (scored < rows) {
      await score(task, scored, rows - scored)
      scored = rows
    } else if (isEnd(word) || Atomics.wait(filled, 0, word, FOLLOW_MS) === 'timed-out') return scored
  }
}

const sessionOf = (version: string): ScoringSession => {
  const session = sessions.get(version)
  if (session === undefined) throw new ModelError('SCORING_FAILED', `version ${version} is not loaded`)
  return session
}

performTasks(parentPort!, {
  perform,
  dispose: async () => {
    for (const session of sessions.values()) await session.dispose()
  },
})
