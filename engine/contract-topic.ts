import type { Contract } from '../schemas/contract.ts'
import type { ByteWriter } from './bytes.ts'
import type { Codec, KeySpace, Topic } from './topic.ts'

/** First guess of a record's size; the writer grows by what is said to be missing. */
const RECORD_BYTES_GUESS = 512

/** Writes what `into` writes, which answers the position after it, or minus the bytes missing in a buffer too short. */
export const writeGrowing = (
  writer: ByteWriter,
  into: (buffer: Buffer, position: number) => number,
): void => {
  writer.reserve(RECORD_BYTES_GUESS)
  let end = into(writer.buffer, writer.position)
  while (end < 0) {
    writer.reserve(writer.buffer.length - writer.position - end)
    end = into(writer.buffer, writer.position)
  }
  writer.position = end
}

/** A contract's bytes as the engine writes and reads them. */
export const contractCodec = <Value>(contract: Contract<Value>): Codec<Value> => ({
  encode: (value, writer) =>
    writeGrowing(writer, (buffer, position) => contract.encodeInto(value, buffer, position)),
  decode: (buffer, start, end) => contract.decode(buffer, start, end),
})

interface TopicSettings {
  readonly keySpace: KeySpace
  readonly graceMs: number
}

/** The topic of a contract: its name, key, time and identity are the contract's own. */
export const contractTopic = <Value>(contract: Contract<Value>, settings: TopicSettings): Topic<Value> => ({
  ...bareTopic(contract, settings),
  ...(contract.eventIdOf && { eventId: contract.eventIdOf }),
})

/**
 * An internal topic whose values are those of a public contract. Nothing is de-duplicated on it: the commit
 * makes it exact, and what led to it was de-duplicated before.
 */
export const echoTopic = <Value>(
  contract: Contract<Value>,
  settings: TopicSettings & { readonly name: string; readonly about: string },
): Topic<Value> => ({ ...bareTopic(contract, settings), ...settings, visibility: 'internal', isEcho: true })

const bareTopic = <Value>(contract: Contract<Value>, { keySpace, graceMs }: TopicSettings): Topic<Value> => ({
  name: contract.topic,
  about: contract.about,
  keySpace,
  graceMs,
  visibility: contract.visibility,
  codec: contractCodec(contract),
  key: (value, key) => {
    key.id(contract.keyOf(value))
  },
  time: (value) => contract.timeOf(value),
})
