import { parentPort, workerData } from 'node:worker_threads'
import { eachRow } from './row-batch.ts'
import type { RowsToWrite, RowsWritten } from './row-writer.ts'
import { sharedDatabase } from './rocksdb.ts'
import { putRows } from './write-batch.ts'

/** The thread of a `RowWriter`: writes what it is told into the database that the main thread opened. */
const main = async (): Promise<void> => {
  const port = parentPort!
  const rocks = await sharedDatabase(workerData as bigint)
  const batch = rocks.batch()
  const write = ({ column, memory, length }: RowsToWrite): RowsWritten => {
    try {
      eachRow(Buffer.from(memory, 0, length), putRows(batch, rocks.columns[column]!))
      batch._writeSync({ sync: false })
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

await main()
