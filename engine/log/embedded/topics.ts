import { EngineError } from '../../errors.ts'
import type { Database } from '../../storage/database.ts'
import { NameTable } from '../../storage/names.ts'
import { readU64, writeU64 } from '../../storage/row-key.ts'
import { checkSpec, unknownPartition, unknownTopic } from '../entries.ts'
import type { TopicSpec } from '../port.ts'
import { frameEnd, partitionEndKey, seekKey, startOffsetKey, topicSettingsKey } from './keys.ts'
import { FrameQueue } from './tail.ts'

export interface EmbeddedPartition {
  readonly topic: string
  readonly topicNumber: number
  readonly number: number
  /** Offset of the first record kept. */
  start: number
  /** Offset after the last record written. */
  end: number
  readonly tail: FrameQueue
}

export interface EmbeddedTopic {
  readonly name: string
  readonly number: number
  retentionMs: number
  readonly partitions: readonly EmbeddedPartition[]
}

const SETTINGS_BYTES = 10

/** Topics with the offsets of their partitions; opening it seeks once a partition and scans nothing. */
export class TopicTable {
  private readonly database: Database
  private readonly names: NameTable
  private readonly topics = new Map<string, EmbeddedTopic>()

  private constructor(database: Database, names: NameTable) {
    this.database = database
    this.names = names
  }

  static async load(database: Database): Promise<TopicTable> {
    const table = new TopicTable(database, await NameTable.load(database, 'log'))
    for (const [name, number] of table.names.names()) await table.loadTopic(name, number)
    return table
  }

  all(): IterableIterator<EmbeddedTopic> {
    return this.topics.values()
  }

  topic(name: string): EmbeddedTopic {
    const topic = this.topics.get(name)
    if (topic === undefined) throw unknownTopic(name)
    return topic
  }

  partition(name: string, number: number): EmbeddedPartition {
    const { partitions } = this.topic(name)
    const partition = partitions[number]
    if (partition === undefined) throw unknownPartition(name, number, partitions.length)
    return partition
  }

  /** All or none: every spec is checked before any is written. */
  create(specs: readonly TopicSpec[]): void {
    for (const spec of specs) checkSpec(spec, this.topics.get(spec.name)?.partitions.length)
    for (const spec of specs) {
      const number = this.names.number(spec.name)
      const batch = this.database.batch()
      batch.put('log', topicSettingsKey(number), settingsRow(spec))
      this.database.write(batch)
      const existing = this.topics.get(spec.name)
      if (existing !== undefined) existing.retentionMs = spec.retentionMs
      else this.topics.set(spec.name, newTopic(spec, number))
    }
  }

  /** A name without settings was being created when the process died: it does not exist yet. */
  private async loadTopic(name: string, number: number): Promise<void> {
    const [settings] = await this.database.getMany('log', [topicSettingsKey(number)])
    if (settings === undefined) return
    if (settings.length !== SETTINGS_BYTES)
      throw new EngineError('STATE_CORRUPT', `settings of topic ${name}`)
    const spec = { name, partitions: settings.readUInt16BE(0), retentionMs: settings.readDoubleBE(2) }
    const topic = newTopic(spec, number)
    const starts = await this.database.getMany(
      'log',
      topic.partitions.map((partition) => startOffsetKey(number, partition.number)),
    )
    for (const partition of topic.partitions) {
      const start = starts[partition.number]
      partition.start = start === undefined ? 0 : readU64(start, 0)
      partition.end = Math.max(partition.start, await this.lastEnd(partition))
    }
    this.topics.set(name, topic)
  }

  private async lastEnd({ topicNumber, number }: EmbeddedPartition): Promise<number> {
    const { rows } = await this.database.page('log', {
      gte: seekKey(topicNumber, number, 0),
      lt: partitionEndKey(topicNumber, number),
      reverse: true,
      keysOnly: true,
      rowsMax: 1,
    })
    return rows[0] === undefined ? 0 : frameEnd(rows[0])
  }
}

export const startOffsetRow = (start: number): Buffer => {
  const row = Buffer.allocUnsafe(8)
  writeU64(row, start, 0)
  return row
}

const settingsRow = (spec: TopicSpec): Buffer => {
  const row = Buffer.allocUnsafe(SETTINGS_BYTES)
  row.writeUInt16BE(spec.partitions, 0)
  row.writeDoubleBE(spec.retentionMs, 2)
  return row
}

const newTopic = ({ name, partitions, retentionMs }: TopicSpec, number: number): EmbeddedTopic => ({
  name,
  number,
  retentionMs,
  partitions: Array.from({ length: partitions }, (_, partition) => ({
    topic: name,
    topicNumber: number,
    number: partition,
    start: 0,
    end: 0,
    tail: new FrameQueue(),
  })),
})
