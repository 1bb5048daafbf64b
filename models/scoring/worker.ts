import { parentPort, workerData } from 'node:worker_threads'
import { ENTITY_WORDS } from '../embeddings/entities.ts'
import { ModelError } from '../errors.ts'
import { performTasks } from '../threads/perform.ts'
import type { Task, ThreadData } from './messages.ts'
import { ScoringSession } from './session.ts'

/** A scorer's thread: holds the snapshots in use and scores matrices that it shares with serving. */

const { slots } = workerData as ThreadData
const sessions = new Map<string, ScoringSession>()

const perform = async (task: Task): Promise<void> => {
  if (task.kind === 'score') {
    const { rows, width, entities, outputs, heads } = slots[task.slot]![task.model]
    return sessionOf(task.version).score(
      rows.subarray(task.first * width),
      task.rows,
      outputs.subarray(task.first * heads),
      entities.subarray(task.first * ENTITY_WORDS),
    )
  }
  if (task.kind === 'load') {
    const { snapshot } = task
    sessions.set(snapshot.manifest.version, await ScoringSession.create(snapshot))
    return
  }
  await sessionOf(task.version).dispose()
  sessions.delete(task.version)
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
