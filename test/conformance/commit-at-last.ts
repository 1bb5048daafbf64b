import { setTimeout as sleep } from 'node:timers/promises'
import { EngineError } from '../../engine/errors.ts'
import type { LogCommit, LogSession } from '../../engine/log/port.ts'

const RETRY_MS = 50

/**
 * As a worker does: the same commit again while it may be; and when the brokers call the session outdated, for a
 * transaction that stood open too long, or for an answer that got lost, by a session opened anew, which says what became
 * of the commit. Answers the session that owns the task then.
 */
export const commitAtLast = async (
  session: LogSession,
  commit: LogCommit,
  reopened: () => Promise<LogSession>,
): Promise<LogSession> => {
  const next = session.sequence() + 1
  for (let owner = session; ;) {
    try {
      if (owner.sequence() < next) await owner.commit(commit)
      return owner
    } catch (error) {
      if (!(error instanceof EngineError && ['retry', 'rejoin'].includes(error.recovery))) throw error
      if (error.recovery === 'rejoin') owner = await reopened()
      else await sleep(RETRY_MS)
    }
  }
}
