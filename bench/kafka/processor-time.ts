import { readFileSync } from 'node:fs'

/** Clock ticks of Linux are hundredths of a second for whoever reads them. */
const MS_PER_TICK = 10
/** Fields after the command's name, which may hold anything up to its last parenthesis. */
const USER_TICKS = 11
const SYSTEM_TICKS = 12

/** User and system time of a process so far, milliseconds; null where Linux's /proc does not tell. */
export const processorMsOf = (pid: number): number | null => {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    const ticks = Number(fields[USER_TICKS]) + Number(fields[SYSTEM_TICKS])
    return Number.isFinite(ticks) ? ticks * MS_PER_TICK : null
  } catch {
    return null
  }
}
