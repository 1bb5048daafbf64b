import { parentPort, workerData } from 'node:worker_threads'
import { eachRow, type RowSink } from './row-batch.ts'
import type { RowsToWrite, RowsWritten } from './row-writer.ts'
import { sharedDatabase } from './rocksdb.ts'
import { putRows } from './write-batch.ts'

/**
 * Rows written in one step. RocksDB takes writes one after the other, and the main thread's wait for the one that is under
 * way: with 20,000 rows in one step it stood still for some 50 ms a commit.
 */
const STEP_ROWS_MAX = 256

/** The thread of a `RowWriter`: writes what it is told into the database that the main thread opened. */
const main = async (): Promise<void> => {
  const port = parentPort!
  const rocks = await sharedDatabase(workerData as bigint)
  const batch = rocks.batch()
  const step = (): void => {
    batch._writeSync({ sync: false })
    batch._clear()
  }
  const write = ({ column, memory, length }: RowsToWrite): RowsWritten => {
    try {
      eachRow(Buffer.from(memory, 0, length), inSteps(putRows(batch, rocks.columns[column]!), step))
      step()
      return {}
    } catch (error) {
      const { message, code } = error as Error & { readonly code?: string }
      return { failure: { message, code } }
    } finally {
      batch._clear()
    }
  }
  port.on('message', (rows: RowsToWrite | null) => {
    if (rows === null) port.close()
    else port.postMessage(write(rows))
  })
}

/** Takes a step before the row that would be one too many. */
const inSteps = (sink: RowSink, step: () => void): RowSink => {
  let rows = 0
  const count = (): void => {
    if (rows === STEP_ROWS_MAX) {
      step()
      rows = 0
    }
    rows++
  }
  return {
    put: (key, value) => {
      count()
      sink.put(key, value)
    },
    remove: (key) => {
      count()
      sink.remove(key)
    },
  }
}

await main()
