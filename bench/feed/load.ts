import type { Embedded } from '../../cli/runtime/embedded.ts'
import type { Envelope } from '../../schemas/envelope.ts'

const EVENTS_PER_APPEND = 5_000

/** Publishes in large appends, each when the one before is processed. */
export const load = async (embedded: Embedded, events: Iterable<Envelope>): Promise<void> => {
  let batch: Envelope[] = []
  const send = async (): Promise<void> => {
    await embedded.publish(batch)
    await embedded.settled()
    batch = []
  }
  for (const event of events) if (batch.push(event) === EVENTS_PER_APPEND) await send()
  await send()
}
