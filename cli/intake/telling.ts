import { type Progress, say } from '../terminal.ts'
import type { Refusal } from './refusal.ts'

/** Refused lines that are shown; the rest are counted. */
const REFUSALS_SHOWN = 10

/** Tells people of the first lines of a file that are refused, above where the command stands. */
export const tellRefusals = (progress: Progress): ((refusal: Refusal) => void) => {
  let shown = 0
  return ({ line, message }) => {
    if (shown >= REFUSALS_SHOWN) return
    progress.clear()
    say(`line ${line}: ${message}`)
    if (++shown === REFUSALS_SHOWN) say('further refusals are only counted')
  }
}
