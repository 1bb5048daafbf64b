import { systemClock } from '../../../cli/runtime/clock.ts'
import { Embedded, EMBEDDED_DEFAULTS } from '../../../cli/runtime/embedded.ts'
import { EventCounts } from '../../../cli/runtime/event-counts.ts'
import type { Random } from '../../../engine/driver/random.ts'
import { deadLetterTopicName } from '../../../engine/dead-letters.ts'
import { FrameCursor, FrameWriter } from '../../../engine/log/frame.ts'
import { contracts, type DeadLetter } from '../../../schemas/index.ts'
import { everything } from '../../../topologies/index.ts'
import { wireBytes, wireRecord, type WireRecord } from './avro-bytes.ts'
import { handMadeRecords, mutatedRecord } from './bad-records.ts'
import { PUBLIC_TOPICS } from './contract-table.ts'
import { EXAMPLES, GoodEvents, valueOf, type Example } from './examples.ts'
import { add, shown } from './tally.ts'

export interface LogRunOptions {
  readonly directory: string
  /** Bad and changed records to send; a good one follows every few. */
  readonly records: number
  readonly random: Random
}

export interface LogRunReport {
  readonly malformed: number
  readonly good: number
  readonly processed: number
  readonly duplicates: number
  readonly deadLetters: number
  readonly deadLettersByCode: ReadonlyMap<string, number>
}

type Fate = 'dead' | 'processed' | 'either'

interface Sent {
  readonly key: Buffer
  readonly value: Buffer
  readonly fate: Fate
}

const GOOD_SHARE = 0.2
const HAND_MADE_SHARE = 0.6
const RECORDS_A_FRAME_MAX = 200
const FRAME_BYTES_MAX = 8 << 20
const READ_BYTES_MAX = 1 << 20
const RAW_BYTES_KEPT = 1_000_000
const KEY_BYTES_KEPT = 1_024

/** What a dead letter of a record that was never right may be coded as. */
const CODES: ReadonlySet<string> = new Set(['DECODE_FAILED', 'CONTRACT_BROKEN', 'TIME_IN_FUTURE'])

/**
 * Publishes past the door, as any Kafka publisher could: raw bytes into the public topics of an embedded runtime.
 * Throws unless every record is processed or in the dead letters, with code, reason, position and bytes, each as
 * it must be.
 */
export const runHostileLog = async (options: LogRunOptions): Promise<LogRunReport> => {
  const counts = new EventCounts()
  const embedded = await openEmbedded(options.directory, counts)
  const sent = await publishAll(embedded, options)
  await embedded.settled()
  const byCode = new Map<string, number>()
  for (const [topic, records] of sent) holdTopic(records, await lettersOf(embedded, topic), byCode)
  await embedded.close()
  const { processed, duplicates, deadLetters } = counts.totals
  const all = [...sent.values()].flat()
  if (processed + duplicates + deadLetters !== all.length) {
    throw new Error(
      `${all.length} sent, but ${processed} processed, ${duplicates} known, ${deadLetters} dead`,
    )
  }
  await reopens(options.directory)
  const good = all.filter(({ fate }) => fate === 'processed').length
  return { malformed: all.length - good, good, processed, duplicates, deadLetters, deadLettersByCode: byCode }
}

const openEmbedded = (directory: string, metrics: EventCounts): Promise<Embedded> =>
  Embedded.open({
    ...EMBEDDED_DEFAULTS,
    directory,
    topology: everything,
    clock: systemClock,
    metrics,
    acceptedBacklogMax: Infinity,
  })

/** What was put aside stays put aside: a restart finds nothing left to do. */
const reopens = async (directory: string): Promise<void> => {
  const counts = new EventCounts()
  const embedded = await openEmbedded(directory, counts)
  await embedded.settled()
  await embedded.close()
  if (counts.totals.deadLetters > 0) throw new Error('a restart put records aside once more')
}

/** Topics that a processor reads; the others' records lie in the log unread. */
const readTopics = ({ log }: Embedded): readonly string[] =>
  PUBLIC_TOPICS.filter((topic) => {
    try {
      return log.partitions(deadLetterTopicName(topic)) > 0
    } catch {
      return false
    }
  })

const publishAll = async (
  embedded: Embedded,
  { records, random }: LogRunOptions,
): Promise<ReadonlyMap<string, readonly Sent[]>> => {
  const sent = new Map<string, Sent[]>(readTopics(embedded).map((topic) => [topic, []]))
  const maker = new RecordMaker(random, [...sent.keys()], systemClock.now())
  for (let made = 0; made < records;) {
    const topic = random.pick([...sent.keys()])
    const batch = Array.from({ length: 1 + random.below(RECORDS_A_FRAME_MAX) }, () => maker.next(topic))
    await publish(embedded, topic, batch, random)
    sent.get(topic)!.push(...batch)
    made += batch.filter(({ fate }) => fate !== 'processed').length
  }
  return sent
}

const TIMES = [0, -1, NaN, Infinity, -Infinity, 1e300, Number.MAX_SAFE_INTEGER]

/** One frame after another, in order. The frame's own times are the publisher's: they may be anything. */
const publish = async (
  { log }: Embedded,
  topic: string,
  batch: readonly Sent[],
  random: Random,
): Promise<void> => {
  const writer = new FrameWriter()
  const flush = (): Promise<void> => log.append([{ topic, partition: 0, frame: writer.take() }])
  for (const { key, value } of batch) {
    const time = random.chance(0.9) ? systemClock.now() : random.pick(TIMES)
    writer.append(time, key, 0, key.length, value, 0, value.length)
    if (writer.bytes > FRAME_BYTES_MAX) await flush()
  }
  await flush()
}

class RecordMaker {
  private readonly random: Random
  private readonly goodEvents: GoodEvents
  private readonly handMade: ReadonlyMap<string, readonly Buffer[]>

  constructor(random: Random, topics: readonly string[], nowMs: number) {
    this.random = random
    this.goodEvents = new GoodEvents(random, nowMs)
    this.handMade = new Map(
      topics.map((topic) => [
        topic,
        examplesOf(topic).flatMap((good) => handMadeRecords(topic, good, nowMs)),
      ]),
    )
  }

  next(topic: string): Sent {
    const { random } = this
    const key = random.chance(0.95) ? Buffer.from(`key-${random.below(100)}`) : random.pick(KEYS)
    if (random.chance(GOOD_SHARE)) return { key, value: wireBytes(this.good(topic)), fate: 'processed' }
    if (random.chance(HAND_MADE_SHARE))
      return { key, value: random.pick(this.handMade.get(topic)!), fate: 'dead' }
    return { key, value: mutatedRecord(this.good(topic), random), fate: 'either' }
  }

  private good(topic: string): WireRecord {
    let event = this.goodEvents.next()
    while (event.topic !== topic) event = this.goodEvents.next()
    return wireOf(event)
  }
}

const KEYS = [Buffer.alloc(0), Buffer.from('\0'), Buffer.alloc(1_000, 0xff), Buffer.alloc(0xffff, 'k')]

const wireOf = ({ topic, fields }: Example): WireRecord => wireRecord(topic, JSON.parse(valueOf(fields)))

const examplesOf = (topic: string): readonly WireRecord[] =>
  EXAMPLES.filter((example) => example.topic === topic).map(wireOf)

const lettersOf = async ({ log }: Embedded, input: string): Promise<readonly DeadLetter[]> => {
  const topic = deadLetterTopicName(input)
  const letters: DeadLetter[] = []
  const cursor = new FrameCursor()
  for (let offset = 0; offset < log.endOffset(topic, 0);) {
    for (const { baseOffset, frame } of await log.read(topic, 0, offset, READ_BYTES_MAX)) {
      cursor.over(frame)
      while (cursor.next())
        letters.push(contracts['dead-letters'].decode(cursor.buffer, cursor.valueStart, cursor.valueEnd))
      offset = baseOffset + frame.count
    }
  }
  return letters
}

/** Every letter is about a record that may be dead, and tells all of it; every record that must be is. */
const holdTopic = (
  records: readonly Sent[],
  letters: readonly DeadLetter[],
  byCode: Map<string, number>,
): void => {
  const dead = new Set<number>()
  for (const letter of letters) {
    const { topic, offset, code, reason } = letter
    const record = records[offset]
    const tells = `${topic}/${offset} (${code}, ${reason})`
    if (record === undefined || dead.has(offset))
      throw new Error(`a letter about no record, or a second one: ${tells}`)
    if (record.fate === 'processed')
      throw new Error(`a good record was put aside: ${tells} ${shown(record.value)}`)
    if (!CODES.has(code) || reason === '') throw new Error(`put aside without reason: ${tells}`)
    if (!isWhole(letter, record)) throw new Error(`bytes lost: ${tells}`)
    dead.add(offset)
    add(byCode, code)
  }
  records.forEach(({ fate, value }, offset) => {
    if (fate === 'dead' && !dead.has(offset)) throw new Error(`a bad record was processed: ${shown(value)}`)
  })
}

const isWhole = (letter: DeadLetter, { key, value }: Sent): boolean =>
  letter.key.equals(key.subarray(0, KEY_BYTES_KEPT)) && letter.value.equals(value.subarray(0, RAW_BYTES_KEPT))
