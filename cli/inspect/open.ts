import { systemClock } from '../runtime/clock.ts'
import { openExisting } from '../runtime/open.ts'
import type { Inspection } from './inspection.ts'
import { LocalInspection } from './local.ts'
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
): Promise<Result> => {
  if (url !== undefined) return look(new RemoteInspection(url))
  const { embedded, counts, topology } = await openExisting(data)
  try {
    // What was accepted before the last stop may not be processed yet.
    await embedded.settled()
    return await look(new LocalInspection({ embedded, counts, topology, clock: systemClock }))
  } finally {
    await embedded.close()
  }
}
