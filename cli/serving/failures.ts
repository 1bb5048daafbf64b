import { lineOf } from '../errors.ts'
import { say } from '../terminal.ts'
import { RANKING_FILE } from './ranking-file.ts'

/** For people at the terminal: what serving goes on without. */
export const tellUnserved = (error: unknown): void =>
  say(`freshet: a live snapshot is not served: ${lineOf(error)}`)

export const tellUnranked = (error: unknown): void =>
  say(`freshet: ${RANKING_FILE} does not count until it is corrected: ${lineOf(error)}`)

export const tellUnlearned = (error: unknown): void => say(`freshet: learning has stopped: ${lineOf(error)}`)
