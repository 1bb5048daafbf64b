import { millis } from '../../../schemas/ids.ts'
import { EmbeddedLog } from '../../../engine/log/embedded.ts'
import { RocksState } from '../../../engine/state/rocksdb.ts'
import { Database } from '../../../engine/storage/database.ts'
import { entry, readAll } from '../../conformance/frames.ts'

/**
 * The process that embedded-kill.test.ts kills: appends numbers to `in`, and as a task copies each to `out`
 * with a row that holds the commit's sequence. It says what was acknowledged on its standard output.
 */
const [directory] = process.argv.slice(2)
const database = await Database.open(directory!, {
  logMemtableBytes: 1 << 20,
  changelogMemtableBytes: 1 << 20,
})
const log = await EmbeddedLog.open(database, { clock: () => millis(0) })
const state = await RocksState.open(database)
await log.createTopics(['in', 'out'].map((name) => ({ name, partitions: 1, retentionMs: Infinity })))

const append = async (): Promise<void> => {
  let next = log.endOffset('in', 0)
  for (;;) {
    const values = Array.from({ length: 1 + (next % 7) }, () => String(next++))
    await log.append([entry('in', 0, ...values)])
    process.stdout.write(`appended ${next}\n`)
  }
}

const copy = async (): Promise<void> => {
  const session = await log.session('task')
  const task = await state.open('task')
  for (;;) {
    const from = session.positions()[0]?.offset ?? 0
    const records = await readAll(log, 'in', 0, from)
    const sequence = await session.commit({
      positions: [{ topic: 'in', partition: 0, offset: from + records.length, newest: 0 }],
      outputs: [entry('out', 0, ...records.map(({ value }) => value))],
      changelog: Buffer.alloc(20_000, String(session.sequence() + 1)),
    })
    process.stdout.write(`committed ${sequence}\n`)
    const write = task.write()
    write.put(0, Buffer.from('sequence'), Buffer.from(String(sequence)))
    await write.commit(sequence)
    if (sequence % 5 === 0) await session.trimChangelog(task.sequence())
    await new Promise((resolve) => setImmediate(resolve))
  }
}

await Promise.all([append(), copy()])
