import type { Clock } from '../../engine/clock.ts'
import { Intake } from './intake.ts'
import type { Embedded } from '../runtime/embedded.ts'
import { demoEvents } from '../demo/events.ts'

const SEED = 7
const BATCH_EVENTS = 1_000

/** Publishes the demo's events through the same door as any others, and waits until they are processed. */
export const feedDemo = async (embedded: Embedded, clock: Clock): Promise<number> => {
  const publisher = embedded.publisher()
  const intake = new Intake(publisher, clock)
  let count = 0
  for (const event of demoEvents({ seed: SEED, now: clock.now() })) {
    const line = Buffer.from(JSON.stringify(event))
    const refusal = intake.take(line, 0, line.length, ++count)
    if (refusal !== undefined) throw new TypeError(`the demo's own event was refused: ${refusal.message}`)
    if (publisher.size === BATCH_EVENTS) await publisher.flush()
  }
  await publisher.flush()
  await embedded.settled()
  return count
}
