import { systemClock } from '../runtime/clock.ts'
import type { Inspection } from './inspection.ts'
import { RemoteInspection } from './remote.ts'

export interface InspectionOptions {
  readonly data: string
  /** Of a running server; then `data` is not looked at. */
  readonly url?: string
}

/** Hands an inspection to `look`, and closes what was opened for it. */
export const inspecting = async <Result>(
  { data, url }: InspectionOptions,
  look: (inspection: Inspection) => Promise<Result>,
): Promise<Result> => (url === undefined ? inspectingData(data, look) : look(new RemoteInspection(url)))

const inspectingData = async <Result>(
  data: string,
  look: (inspection: Inspection) => Promise<Result>,
): Promise<Result> => {
  const { openExisting } = await import('../runtime/open.ts')
  const { LocalInspection } = await import('./local.ts')
  const { embedded, counts, topology } = await openExisting(data)
  try {
    // What was accepted before the last stop may not be processed yet.
    await embedded.settled()
    return await look(new LocalInspection({ embedded, counts, topology, clock: systemClock }))
  } finally {
    await embedded.close()
  }
}
