import type { Alarm } from '../../serving/pipeline/alarm.ts'

/** The machine's own timers. */
export const systemAlarm: Alarm = {
  after: (ms, ring) => {
    const timer = setTimeout(ring, ms)
    return () => clearTimeout(timer)
  },
}
