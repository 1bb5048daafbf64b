import type { Contract } from '../schemas/contract.ts'
import type { Codec, KeySpace, Topic } from './topic.ts'

/** First guess of a record's size; the writer grows by what the codec says is missing. */
const RECORD_BYTES_GUESS = 512

/** A contract's bytes as the engine writes and reads them. */
export const contractCodec = <Value>(contract: Contract<Value>): Codec<Value> => ({
  encode: (value, writer) => {
    writer.reserve(RECORD_BYTES_GUESS)
    let end = contract.encodeInto(value, writer.buffer, writer.position)
    while (end < 0) {
      writer.reserve(writer.buffer.length - writer.position - end)
      end = contract.encodeInto(value, writer.buffer, writer.position)
    }
    writer.position = end
  },
  decode: (buffer, start, end) => contract.decode(buffer, start, end),
})

/** The topic of a contract: its name, key, time and identity are the contract's own. */
export const contractTopic = <Value>(
  contract: Contract<Value>,
  settings: { readonly keySpace: KeySpace; readonly graceMs: number },
): Topic<Value> => ({
  name: contract.topic,
  about: contract.about,
  keySpace: settings.keySpace,
  graceMs: settings.graceMs,
  visibility: contract.visibility,
  codec: contractCodec(contract),
  key: (value, key) => {
    key.id(contract.keyOf(value))
  },
  time: (value) => contract.timeOf(value),
  ...(contract.eventIdOf && { eventId: contract.eventIdOf }),
})
