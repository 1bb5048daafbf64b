import { ContractError } from '../schemas/contract.ts'
import { deadLetters as contract } from '../schemas/dead-letters/index.ts'
import type { Clock } from './clock.ts'
import { contractTopic } from './contract-topic.ts'
import { ByteWriter } from './bytes.ts'
import { EngineError } from './errors.ts'
import type { Outputs } from './outputs.ts'
import type { Topic, TopicInfo } from './topic.ts'

/** Longest reason kept; what threw may say anything. */
const REASON_CHARACTERS_MAX = 500

/** A dead letter must itself fit a record: raw bytes beyond this are cut, and the reason says so. */
const RAW_BYTES_MAX = 1_000_000

/** Why an event was put aside. */
export interface Failure {
  readonly code: string
  readonly field: string | null
  readonly reason: string
}

/** Where the raw record lies; its value follows its key. */
export interface RawRecord {
  readonly partition: number
  readonly offset: number
  readonly buffer: Buffer
  readonly keyStart: number
  readonly keyEnd: number
  readonly valueEnd: number
}

export const deadLetterTopicName = (topic: string): string => `${topic}.dead-letters`

export const failureOf = (error: unknown): Failure => {
  if (error instanceof ContractError) {
    return { code: error.code, field: error.field, reason: cut(error.message) }
  }
  if (error instanceof EngineError) return { code: error.code, field: null, reason: cut(error.message) }
  return { code: 'PROCESS_FAILED', field: null, reason: cut(String(error)) }
}

const cut = (text: string): string => text.slice(0, REASON_CHARACTERS_MAX)

/** Writes what could not be processed, with its raw bytes, to the dead-letter topic of the topic it came from. */
export class DeadLetters {
  readonly topics: readonly TopicInfo[]
  private readonly byInput: ReadonlyMap<string, Topic<DeadLetterValue>>
  private readonly bytes = new ByteWriter(4096)
  private readonly clock: Clock

  constructor(inputs: readonly TopicInfo[], clock: Clock) {
    this.clock = clock
    this.byInput = new Map(inputs.map((input) => [input.name, deadLetterTopic(input)]))
    this.topics = [...this.byInput.values()]
  }

  write(outputs: Outputs, input: string, record: RawRecord, failure: Failure): void {
    const topic = this.byInput.get(input)!
    const { partition, offset, buffer, keyStart, keyEnd, valueEnd } = record
    const at = this.clock.now()
    const valueStart = keyEnd
    const kept = Math.min(valueEnd, valueStart + RAW_BYTES_MAX)
    const bytes = this.bytes
    bytes.reset()
    bytes.bytes(buffer, keyStart, keyEnd)
    const keyLength = bytes.position
    topic.codec.encode(
      {
        topic: input,
        partition,
        offset,
        ...failure,
        reason: kept < valueEnd ? `${failure.reason} (${valueEnd - kept} raw bytes cut)` : failure.reason,
        processor: null,
        key: buffer.subarray(keyStart, keyEnd),
        value: buffer.subarray(valueStart, kept),
        at,
      },
      bytes,
    )
    outputs.addTo(topic.name, partition, at, bytes.buffer, 0, keyLength, bytes.position)
  }
}

type DeadLetterValue = ReturnType<typeof contract.decode>

/** The topic that takes what `input` could not give; partitioned as its input. */
export const deadLetterTopic = (input: TopicInfo): Topic<DeadLetterValue> => ({
  ...contractTopic(contract, { keySpace: input.keySpace, graceMs: 0 }),
  name: deadLetterTopicName(input.name),
  about: `Records of ${input.name} that could not be processed.`,
})
