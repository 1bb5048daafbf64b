import { beforeEach, expect, test } from 'vitest'
import { HOUR_MS, millis } from '../../../schemas/ids.ts'
import { EmbeddedLog } from '../../../engine/log/embedded.ts'
import { RocksState } from '../../../engine/state/rocksdb.ts'
import { Database, type DatabaseOptions } from '../../../engine/storage/database.ts'
import { entry, readAll, valuesOf } from '../../conformance/frames.ts'
import { blocksOf, commitOf, refusal } from '../../conformance/log-subject.ts'
import { SmallDisk } from '../../conformance/small-disk.ts'

const DISK_MIB = 12
const BALLAST_MIB = 4
const VALUE_BYTES = 50_000
/** RocksDB looks for free space every five seconds. */
const RESUMED = { timeout: 20_000, interval: 250 }

/** It resumes when the largest memtable, a quarter of these, would fit. */
const SMALL: Partial<DatabaseOptions> = {
  logMemtableBytes: 2 << 20,
  changelogMemtableBytes: 2 << 20,
  stateMemtableBytes: 2 << 20,
}

let disk: SmallDisk
let database: Database
let log: EmbeddedLog
let acknowledged: string[]

const open = async (): Promise<void> => {
  database = await Database.open(disk.data, SMALL)
  log = await EmbeddedLog.open(database, { clock: () => millis(0), tailBytesMax: 100_000 })
}

const close = async (): Promise<void> => {
  await log.close()
  await database.close()
}

const append = async (): Promise<void> => {
  const value = `${acknowledged.length} `.padEnd(VALUE_BYTES)
  await log.append([entry('events', 0, value)])
  acknowledged.push(value)
}

/** Appends until the disk is full; every refusal must say so. */
const fill = async (): Promise<void> => {
  for (;;) {
    const error = await append().catch((error: unknown) => error)
    if (error === undefined) continue
    expect(error).toEqual(refusal('DISK_FULL'))
    return
  }
}

beforeEach(async (context) => {
  const mounted = SmallDisk.mount(DISK_MIB)
  if (typeof mounted === 'string') return context.skip(mounted)
  disk = mounted
  disk.occupy(BALLAST_MIB)
  acknowledged = []
  await open()
  await log.createTopics([{ name: 'events', partitions: 1, retentionMs: HOUR_MS }])
  return async () => {
    await close()
    disk.unmount()
  }
})

test('a full disk refuses and shows none of what it refused; once space is free, work goes on', async () => {
  const session = await log.session('task')
  await session.commit(commitOf({ changelog: Buffer.from('before') }))
  const rows = await (await RocksState.open(database)).open('task')
  await fill()

  await expect(append()).rejects.toEqual(refusal('DISK_FULL'))
  expect(log.endOffset('events', 0)).toBe(acknowledged.length)

  const commit = commitOf({ outputs: [entry('events', 0, 'x')], changelog: Buffer.alloc(VALUE_BYTES) })
  await expect(session.commit(commit)).rejects.toEqual(refusal('DISK_FULL'))
  expect(session.sequence()).toBe(1)
  expect(await blocksOf(session, 0)).toEqual([[1, 'before']])

  const write = rows.write()
  write.put(1, Buffer.from('a'), Buffer.alloc(VALUE_BYTES))
  // So many that another thread writes them.
  for (let row = 0; row < 500; row++) write.put(1, Buffer.from(`row ${row}`), Buffer.alloc(100))
  await expect(write.commit(1)).rejects.toEqual(refusal('DISK_FULL'))
  expect(rows.sequence()).toBe(0)
  expect(await rows.getMany(1, [Buffer.from('a')])).toEqual([undefined])

  expect(valuesOf(await readAll(log, 'events', 0))).toEqual(acknowledged)

  disk.free()
  await expect.poll(() => append().then(() => 'appended', String), RESUMED).toBe('appended')
  expect(await session.commit(commitOf({ changelog: Buffer.from('after') }))).toBe(2)
  await write.commit(1)
  await append()

  await close()
  await open()
  expect(valuesOf(await readAll(log, 'events', 0))).toEqual(acknowledged)
  const again = await log.session('task')
  expect(await blocksOf(again, 0)).toEqual([
    [1, 'before'],
    [2, 'after'],
  ])
  const rowsAgain = await (await RocksState.open(database)).open('task')
  expect(rowsAgain.sequence()).toBe(1)
  expect((await rowsAgain.getMany(1, [Buffer.from('a')]))[0]).toHaveLength(VALUE_BYTES)
})

test('a restart on a full disk is refused or goes on reading; with space it has all that was acknowledged', async () => {
  await fill()
  await close()
  const reopened = await open().catch((error: unknown) => error)
  if (reopened !== undefined) expect(reopened).toEqual(refusal('DISK_FULL'))
  else await close()
  disk.free()
  await open()
  expect(valuesOf(await readAll(log, 'events', 0))).toEqual(acknowledged)
  await append()
})
