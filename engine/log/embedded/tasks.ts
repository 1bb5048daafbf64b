import { ByteReader, ByteWriter, TruncatedBytes } from '../../bytes.ts'
import { EngineError } from '../../errors.ts'
import type { Database } from '../../storage/database.ts'
import { NameTable } from '../../storage/names.ts'
import type { InputPosition, Reads } from '../port.ts'
import { leastConsumed } from '../positions.ts'
import { taskKey } from './keys.ts'

const ROW_VERSION = 1

/** What a task's last commit left, and who may commit next. */
export interface TaskRecord {
  /** Grows with every session; only the session that holds the newest may commit. */
  readonly epoch: number
  readonly sequence: number
  /** Blocks up to and including this sequence were dropped. */
  readonly trimmed: number
  readonly positions: readonly InputPosition[]
}

export interface EmbeddedTask {
  readonly id: string
  readonly number: number
  record: TaskRecord
}

/** Every task that ever had a session: few, and retention needs the positions of all. */
export class TaskTable {
  private readonly names: NameTable
  private readonly tasks = new Map<string, EmbeddedTask>()

  private constructor(names: NameTable) {
    this.names = names
  }

  static async load(database: Database): Promise<TaskTable> {
    const table = new TaskTable(await NameTable.load(database, 'changelog'))
    const names = [...table.names.names()]
    const rows = await database.getMany(
      'changelog',
      names.map(([, number]) => taskKey(number)),
    )
    names.forEach(([id, number], index) => {
      const row = rows[index]
      if (row !== undefined) table.tasks.set(id, { id, number, record: readRecord(id, row) })
    })
    return table
  }

  all(): IterableIterator<EmbeddedTask> {
    return this.tasks.values()
  }

  /** The task, made on first use; its row is written with its first session. */
  task(id: string): EmbeddedTask {
    let task = this.tasks.get(id)
    if (task === undefined) {
      const number = this.names.number(id)
      task = { id, number, record: { epoch: 0, sequence: 0, trimmed: 0, positions: [] } }
      this.tasks.set(id, task)
    }
    return task
  }

  /** The least offset that a task which reads the partition still needs; Infinity when none reads it. */
  consumed(topic: string, partition: number, reads: Reads): number {
    const tasks = [...this.tasks.values()].map(({ id, record }) => ({ id, positions: record.positions }))
    return leastConsumed(tasks, reads, topic, partition)
  }
}

export const recordRow = (record: TaskRecord, writer: ByteWriter): Buffer => {
  writer.reset()
  writer.u8(ROW_VERSION)
  writer.varint(record.epoch)
  writer.varint(record.sequence)
  writer.varint(record.trimmed)
  writer.varint(record.positions.length)
  for (const position of record.positions) {
    writer.string(position.topic)
    writer.varint(position.partition)
    writer.varint(position.offset)
    writer.f64(position.newest)
  }
  return writer.view()
}

const readRecord = (task: string, row: Buffer): TaskRecord => {
  try {
    const reader = new ByteReader().over(row)
    const version = reader.u8()
    if (version !== ROW_VERSION) {
      throw new EngineError(
        'STATE_VERSION',
        `task ${task} was committed in layout ${version}, not ${ROW_VERSION}`,
      )
    }
    return {
      epoch: reader.varint(),
      sequence: reader.varint(),
      trimmed: reader.varint(),
      positions: Array.from({ length: reader.varint() }, () => ({
        topic: reader.string(),
        partition: reader.varint(),
        offset: reader.varint(),
        newest: reader.f64(),
      })),
    }
  } catch (error) {
    if (!(error instanceof TruncatedBytes)) throw error
    throw new EngineError('STATE_CORRUPT', `the row of task ${task}`, { cause: error })
  }
}
