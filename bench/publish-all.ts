import { Publisher } from '../cli/runtime/publisher.ts'
import type { Log } from '../engine/log/port.ts'
import type { Envelope } from '../schemas/envelope.ts'

const BATCH_EVENTS = 1_000

/** Publishes in batches, as fast as the log takes them; answers how many. */
export const publishAll = async (
  log: Pick<Log, 'partitions' | 'append'>,
  events: Iterable<Envelope>,
): Promise<number> => {
  const publisher = new Publisher(log)
  let count = 0
  for (const event of events) {
    publisher.add(event)
    count++
    if (publisher.size === BATCH_EVENTS) await publisher.flush()
  }
  await publisher.flush()
  return count
}
