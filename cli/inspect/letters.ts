import { createHash } from 'node:crypto'
import { TruncatedBytes } from '../../engine/bytes.ts'
import { contractCodec } from '../../engine/contract-topic.ts'
import { deadLetterTopicName } from '../../engine/dead-letters.ts'
import { EngineError, type EngineErrorCode } from '../../engine/errors.ts'
import { partitionOf } from '../../engine/hash.ts'
import type { InputSchemas } from '../../engine/input-schemas.ts'
import { KeyWriter } from '../../engine/key.ts'
import { FrameCursor, FrameWriter } from '../../engine/log/frame.ts'
import type { Log } from '../../engine/log/port.ts'
import type { Codec, Topic } from '../../engine/topic.ts'
import { inputsOf, type Topology } from '../../engine/topology.ts'
import { ContractError } from '../../schemas/contract.ts'
import {
  DEAD_KEY_BYTES_MAX,
  DEAD_VALUE_BYTES_MAX,
  type DeadLetter,
  deadLetters,
} from '../../schemas/dead-letters/index.ts'
import { CliError } from '../errors.ts'
import type { LetterList, LetterSummary, LetterView } from './inspection.ts'
import { plainOf } from './plain.ts'

const READ_BYTES_MAX = 1 << 20
const ID = /^([a-z0-9-]+)\/(\d{1,5})\/(\d{1,15})$/

export interface LetterBoxOptions {
  /** No offset is left out between records, so that they need not be read to be counted. */
  readonly isDense: boolean
  /** Left out where every record is written with the schemas of this code. */
  readonly schemas?: InputSchemas | undefined
}

interface Letter {
  readonly offset: number
  readonly letter: DeadLetter
  readonly summary: LetterSummary
}

interface Place {
  readonly topic: string
  readonly partition: number
  readonly offset: number
}

/** The dead letters of a topology's topics, as they lie in the log. */
export class LetterBox {
  private readonly log: Log
  private readonly isDense: boolean
  private readonly schemas: InputSchemas | undefined
  private readonly topics: ReadonlyMap<string, Topic<unknown>>

  constructor(log: Log, topology: Topology, { isDense, schemas }: LetterBoxOptions) {
    this.log = log
    this.isDense = isDense
    this.schemas = schemas
    this.topics = new Map(topology.nodes.flatMap(inputsOf).map((topic) => [topic.name, topic]))
  }

  /** The newest `limit` of each topic, oldest first. */
  async list(only: string | null, limit: number): Promise<LetterList> {
    if (only !== null) this.topicOf(only)
    const topics: Record<string, number> = {}
    const letters: LetterSummary[] = []
    for (const name of [...this.topics.keys()].sort()) {
      if (only !== null && only !== name) continue
      const own = await this.newest(name, limit)
      if (own.count > 0) topics[name] = own.count
      letters.push(...own.letters)
    }
    return { topics, letters: letters.sort((one, other) => one.at - other.at).slice(-limit) }
  }

  async show(id: string): Promise<LetterView> {
    const { letter, summary } = await this.find(id)
    const { topic, partition, offset, processor, key, value } = letter
    return {
      ...summary,
      source: { topic, partition, offset },
      processor,
      record: this.decode(letter),
      keyHex: Buffer.from(key).toString('hex'),
      valueHex: Buffer.from(value).toString('hex'),
    }
  }

  /**
   * Appends the letter's record to the topic it came from, byte for byte; one that lay on a wrong partition by its own
   * id. Throws `NOT_REPLAYABLE` for a timer, for a record that is not whole, and for one that this code still cannot
   * read: it would only be put aside once more.
   */
  async replay(id: string): Promise<LetterView> {
    const { letter } = await this.find(id)
    this.assertReplayable(id, letter)
    const { topic, value } = letter
    const { partition, key } = letter.code === MISPLACED ? this.placeById(letter) : letter
    const frame = new FrameWriter()
    frame.append(this.timeOf(letter), key, 0, key.length, value, 0, value.length)
    await this.log.append([{ topic, partition, frame: frame.take() }])
    return this.show(id)
  }

  private placeById({ topic, value }: DeadLetter): { readonly partition: number; readonly key: Buffer } {
    const key = new KeyWriter()
    this.topicOf(topic).key(this.read(topic, value), key)
    const partition = partitionOf(key.buffer, 0, key.length, this.log.partitions(topic))
    return { partition, key: key.view() }
  }

  private assertReplayable(id: string, { topic, code, key, value }: DeadLetter): void {
    const refuse = (why: string): never => {
      throw new CliError('NOT_REPLAYABLE', `${id} ${why}`)
    }
    if (code === TIMER) refuse('is of a timer, which no record of the log made and none can set again')
    if (value.length >= DEAD_VALUE_BYTES_MAX || key.length >= DEAD_KEY_BYTES_MAX) {
      refuse(
        `may hold only a part of its record: ${key.length} bytes of key and ${value.length} of value; its publisher must send it again, smaller`,
      )
    }
    try {
      this.read(topic, value)
    } catch (error) {
      if (!isRefusal(error)) throw error
      // Who processes it asks the registry for a schema that is not known here.
      if (error instanceof ContractError && error.rule === 'SCHEMA_UNKNOWN') return
      refuse(`would be put aside again: ${error.message}`)
    }
  }

  /** Offsets may be left out between letters, as ends of transactions are: further back is looked until there are enough. */
  private async newest(name: string, limit: number): Promise<{ count: number; letters: LetterSummary[] }> {
    const topic = deadLetterTopicName(name)
    const letters: LetterSummary[] = []
    let count = 0
    for (let partition = 0; partition < this.log.partitions(topic); partition++) {
      const end = this.log.endOffset(topic, partition)
      const start = this.log.startOffset(topic, partition)
      let found: readonly Letter[] = []
      for (let back = limit, from = end; found.length < limit && from > start; back *= 4) {
        from = Math.max(start, end - back)
        found = await this.between({ topic: name, partition, offset: from }, end)
      }
      count += await this.countOf(topic, partition, start, end)
      letters.push(...found.slice(-limit).map(({ summary }) => summary))
    }
    return { count, letters }
  }

  private async between(place: Place, end: number): Promise<readonly Letter[]> {
    const found: Letter[] = []
    for (let offset = place.offset; offset < end;) {
      const { letters, nextOffset } = await this.readFrom({ ...place, offset })
      if (nextOffset <= offset) break
      found.push(...letters.filter((each) => each.offset < end))
      offset = nextOffset
    }
    return found
  }

  private async countOf(topic: string, partition: number, start: number, end: number): Promise<number> {
    if (this.isDense) return end - start
    let count = 0
    for (let offset = start; offset < end;) {
      const frames = await this.log.read(topic, partition, offset, READ_BYTES_MAX)
      const last = frames.at(-1)
      if (last === undefined) break
      for (const { baseOffset, frame } of frames) count += frame.count - Math.max(0, offset - baseOffset)
      offset = Math.max(offset + 1, last.baseOffset + last.frame.count)
    }
    return count
  }

  private async find(id: string): Promise<Letter> {
    const [, topic, partition, offset] = ID.exec(id) ?? []
    if (topic === undefined) {
      throw new CliError('UNKNOWN_LETTER', `"${id}" is not of the form topic/partition/offset`)
    }
    this.topicOf(topic)
    const place = { topic, partition: Number(partition), offset: Number(offset) }
    const name = deadLetterTopicName(topic)
    const exists =
      place.partition < this.log.partitions(name) &&
      place.offset >= this.log.startOffset(name, place.partition) &&
      place.offset < this.log.endOffset(name, place.partition)
    const [found] = exists ? (await this.readFrom(place)).letters : []
    if (found?.offset !== place.offset) throw new CliError('UNKNOWN_LETTER', `${id} is not in the log`)
    return found
  }

  /** Some letters from a place on: at least the one there, if there is one. */
  private async readFrom({ topic, partition, offset }: Place): Promise<{
    readonly letters: readonly Letter[]
    readonly nextOffset: number
  }> {
    const frames = await this.log.read(deadLetterTopicName(topic), partition, offset, READ_BYTES_MAX)
    const cursor = new FrameCursor()
    const letters: Letter[] = []
    let nextOffset = offset
    for (const { baseOffset, frame } of frames) {
      cursor.over(frame)
      while (cursor.next()) {
        const at = baseOffset + cursor.index
        if (at < offset) continue
        const letter = codec.decode(cursor.buffer, cursor.valueStart, cursor.valueEnd)
        letters.push({ offset: at, letter, summary: summaryOf(letter, `${topic}/${partition}/${at}`) })
      }
      nextOffset = Math.max(nextOffset, baseOffset + frame.count)
    }
    return { letters, nextOffset }
  }

  private read(topic: string, bytes: Uint8Array): unknown {
    const value = Buffer.from(bytes)
    return this.codecOf(topic).decode(value, 0, value.length)
  }

  private decode(letter: DeadLetter): LetterView['record'] {
    try {
      return plainOf(this.read(letter.topic, letter.value))
    } catch {
      return null
    }
  }

  /** Event time of the record where it can be read; otherwise when it was put aside. */
  private timeOf(letter: DeadLetter): number {
    try {
      return this.topicOf(letter.topic).time(this.read(letter.topic, letter.value))
    } catch {
      return letter.at
    }
  }

  private codecOf(name: string): Codec<unknown> {
    const topic = this.topicOf(name)
    return this.schemas?.codecOf(topic) ?? topic.codec
  }

  private topicOf(name: string): Topic<unknown> {
    const topic = this.topics.get(name)
    if (topic !== undefined) return topic
    const names = [...this.topics.keys()].sort().join(', ')
    throw new CliError('UNKNOWN_LETTER', `there is no topic "${name}"; topics are ${names}`)
  }
}

const codec = contractCodec(deadLetters)

const TIMER: EngineErrorCode = 'TIMER_FAILED'
const MISPLACED: EngineErrorCode = 'WRONG_PARTITION'

/** As the engine puts records aside that cannot be decoded; what is read short is neither's own error. */
const isRefusal = (error: unknown): error is Error =>
  error instanceof ContractError || error instanceof EngineError || error instanceof TruncatedBytes

const FINGERPRINT_CHARACTERS = 16

const summaryOf = ({ code, field, reason, at, key, value }: DeadLetter, id: string): LetterSummary => ({
  id,
  code,
  field,
  reason,
  at,
  fingerprint: createHash('sha256')
    .update(`${key.length} `)
    .update(key)
    .update(value)
    .digest('hex')
    .slice(0, FINGERPRINT_CHARACTERS),
})
