import { ContractError } from '../schemas/contract.ts'
import {
  DEAD_KEY_BYTES_MAX,
  DEAD_VALUE_BYTES_MAX,
  deadLetters as contract,
} from '../schemas/dead-letters/index.ts'
import type { Clock } from './clock.ts'
import { contractTopic } from './contract-topic.ts'
import { ByteWriter } from './bytes.ts'
import { EngineError, type EngineErrorCode } from './errors.ts'
import type { Outputs } from './outputs.ts'
import type { Topic, TopicInfo } from './topic.ts'

/** Longest reason kept; what threw may say anything. */
const REASON_CHARACTERS_MAX = 500

/** Why an event was put aside. */
export interface Failure {
  readonly code: string
  readonly field: string | null
  readonly reason: string
}

/** What was being done with it, for errors that have no code of their own. */
export type FailedStep = Extract<EngineErrorCode, 'DECODE_FAILED' | 'PROCESS_FAILED' | 'TIMER_FAILED'>

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

export const failureOf = (error: unknown, step: FailedStep): Failure => {
  if (error instanceof ContractError) {
    return { code: error.code, field: error.field, reason: cut(error.message) }
  }
  if (error instanceof EngineError) return { code: error.code, field: null, reason: cut(error.message) }
  return { code: step, field: null, reason: cut(textOf(error)) }
}

/** Anything can be thrown, and what cannot be put aside would come again for ever. */
const textOf = (thrown: unknown): string => {
  try {
    return String(thrown)
  } catch {
    return 'something was thrown that has no text'
  }
}

const cut = (text: string): string => text.slice(0, REASON_CHARACTERS_MAX).toWellFormed()

/** A dead letter must itself fit a record and its contract: what is beyond is cut, and the reason says so. */
const cutNote = (what: string, bytes: number): string => (bytes > 0 ? ` (${bytes} ${what} bytes cut)` : '')

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

  /** `processor` is the one that failed on it, if one did. */
  write(
    outputs: Outputs,
    input: string,
    record: RawRecord,
    failure: Failure,
    processor: string | null = null,
  ): void {
    const topic = this.byInput.get(input)!
    const { partition, offset, buffer, keyStart, keyEnd: valueStart, valueEnd } = record
    const at = this.clock.now()
    const keyCut = Math.max(0, valueStart - keyStart - DEAD_KEY_BYTES_MAX)
    const valueCut = Math.max(0, valueEnd - valueStart - DEAD_VALUE_BYTES_MAX)
    const key = buffer.subarray(keyStart, valueStart - keyCut)
    const bytes = this.bytes
    bytes.reset()
    bytes.bytes(key)
    topic.codec.encode(
      {
        topic: input,
        partition,
        offset,
        ...failure,
        reason: failure.reason + cutNote('key', keyCut) + cutNote('raw', valueCut),
        processor,
        key,
        value: buffer.subarray(valueStart, valueEnd - valueCut),
        at,
      },
      bytes,
    )
    outputs.addTo(topic.name, partition, at, bytes, 0, key.length, bytes.position)
  }
}

type DeadLetterValue = ReturnType<typeof contract.decode>

/** The topic that takes what `input` could not give; partitioned as its input. */
export const deadLetterTopic = (input: TopicInfo): Topic<DeadLetterValue> => ({
  ...contractTopic(contract, { keySpace: input.keySpace, graceMs: 0 }),
  name: deadLetterTopicName(input.name),
  about: `Records of ${input.name} that could not be processed.`,
})
