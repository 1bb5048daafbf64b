import { ByteWriter } from '../../../engine/bytes.ts'
import { impressions, posts, reactions } from '../../../processors/topics.ts'
import { DAY_MS } from '../../../schemas/ids.ts'
import { aReaction, later, T0 } from '../../processors/events.ts'
import { rawPublication } from './publication.ts'
import type { Society } from './society.ts'

const encoded = (value: Parameters<typeof reactions.codec.encode>[0]): Buffer => {
  const writer = new ByteWriter()
  reactions.codec.encode(value, writer)
  return writer.copy()
}

/** What a faulty client publishes, and what becomes a dead letter. */
export const publishNonsense = (society: Society): void => {
  const { random, now } = society
  const reaction = aReaction({ eventId: society.eventId(), userId: 'ann', at: later(now - T0) })
  const whole = encoded(reaction)
  const [topic, value] = random.pick([
    [reactions, Buffer.alloc(0)],
    [reactions, Buffer.from('{"json":"with no frame"}')],
    [reactions, whole.subarray(0, random.below(whole.length))],
    [reactions, encoded({ ...reaction, value: Number.NaN })],
    [reactions, encoded({ ...reaction, at: later(3_650 * DAY_MS) })],
    [impressions, whole],
    [posts, Buffer.alloc(64, 0xff)],
  ] as const)
  const time = random.pick([now, 0, Number.NaN, Infinity, -1])
  society.publications.push(rawPublication(topic, 'ann', value, time, now))
}
