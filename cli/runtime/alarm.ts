import type { Alarm } from '../../serving/pipeline/alarm.ts'

/** Never rings: deadlines are wall time, and how busy a machine is must not decide what a feed holds. */
export const patientAlarm: Alarm = { after: () => () => undefined }

/** The machine's own timers. */
export const systemAlarm: Alarm = {
  after: (ms, ring) => {
    const timer = setTimeout(ring, ms)
    return () => clearTimeout(timer)
  },
}
