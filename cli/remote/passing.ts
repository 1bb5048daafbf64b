import type { Clock } from '../../engine/clock.ts'
import type { EngineError } from '../../engine/errors.ts'
import { lineOf } from '../errors.ts'
import { say } from '../terminal.ts'

const TELL_MS = 60_000

/** Tells of errors that pass: while they last they come again and again, so each kind is told once a minute. */
export const tellPassing = (clock: Clock): ((error: EngineError) => void) => {
  const toldAtMs = new Map<string, number>()
  return (error) => {
    const now = clock.monotonicMs()
    if (now - (toldAtMs.get(error.code) ?? -Infinity) < TELL_MS) return
    toldAtMs.set(error.code, now)
    say(`freshet: ${lineOf(error)}`)
  }
}
