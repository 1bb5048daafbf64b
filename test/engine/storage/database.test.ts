import { chmod, mkdir, readdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { RowBatch } from '../../../engine/storage/row-batch.ts'
import { Database } from '../../../engine/storage/database.ts'
import { RocksWalFiles } from '../../../engine/storage/wal-files.ts'
import { ScratchDisk } from '../../conformance/disk.ts'
import { refusal } from '../../conformance/log-subject.ts'
import { SmallDisk } from '../../conformance/small-disk.ts'

let disk: ScratchDisk

beforeEach(async () => {
  disk = await ScratchDisk.make()
})
afterEach(() => disk.dispose())

const put = (database: Database, ...keys: readonly string[]): void => {
  const batch = database.batch()
  for (const key of keys) batch.put('state', Buffer.from(key), Buffer.from(`value of ${key}`))
  database.write(batch)
}

/** The newest write-ahead log and its size: older ones are dropped in the background. */
const walBytes = async (directory: string): Promise<[string, number]> => {
  const names = (await readdir(directory)).filter((name) => name.endsWith('.log')).sort()
  const newest = names.at(-1)!
  return [newest, (await stat(join(directory, newest))).size]
}

const expectReadOnlyRefused = async (small: SmallDisk): Promise<void> => {
  try {
    await (await Database.open(small.data)).close()
    small.readOnly()
    await expect(Database.open(small.data)).rejects.toEqual(refusal('DISK_READ_ONLY'))
    await expect(Database.open(`${small.directory}/new`)).rejects.toEqual(refusal('DISK_READ_ONLY'))
  } finally {
    small.unmount()
  }
}

describe('opening', () => {
  test('a directory that is open already is refused as locked', async () => {
    await disk.open()
    await expect(Database.open(disk.directory)).rejects.toEqual(refusal('DATA_LOCKED'))
  })

  test('a directory is free again once closed, and closing twice is harmless', async () => {
    const database = await disk.open()
    put(database, 'a')
    await database.close()
    await database.close()
    const [value] = await (await disk.open()).getMany('state', [Buffer.from('a')])
    expect(value?.toString()).toBe('value of a')
  })

  test('a path that cannot be a directory is refused with what to do', async () => {
    await mkdir(disk.directory)
    const file = join(disk.directory, 'file')
    await writeFile(file, '')
    await expect(Database.open(join(file, 'data'))).rejects.toEqual(refusal('DISK_READ_ONLY'))
    await expect(Database.open(file)).rejects.toEqual(refusal('DISK_READ_ONLY'))
  })

  test('a directory without write permission is refused as read-only', async (context) => {
    if (process.getuid?.() === 0) context.skip('permissions do not bind root')
    await (await disk.open()).close()
    await chmod(disk.directory, 0o500)
    await expect(Database.open(disk.directory)).rejects.toEqual(refusal('DISK_READ_ONLY'))
    await chmod(disk.directory, 0o700)
  })

  test('a read-only file system is refused as read-only, whether or not it has data', async (context) => {
    const small = SmallDisk.mount(8)
    if (typeof small === 'string') context.skip(small)
    else await expectReadOnlyRefused(small)
  })
})

describe('closing', () => {
  test('waits for reads under way, and refuses later ones', async () => {
    const database = await disk.open()
    put(database, 'a')
    const reads = Array.from({ length: 50 }, () => database.getMany('state', [Buffer.from('a')]))
    const pages = Array.from({ length: 50 }, () => database.page('state', {}))
    await database.close()
    for (const [value] of await Promise.all(reads)) expect(value?.toString()).toBe('value of a')
    for (const { rows } of await Promise.all(pages)) expect(rows).toHaveLength(2)
    await expect(database.getMany('state', [])).rejects.toEqual(refusal('CLOSED'))
    await expect(database.page('state', {})).rejects.toEqual(refusal('CLOSED'))
    expect(() => put(database, 'b')).toThrow('CLOSED')
    await disk.open()
  })
})

const rowBatch = (rows: number, name: string): RowBatch => {
  const batch = new RowBatch()
  for (let row = 0; row < rows; row++) batch.putPlain(Buffer.from(`${name}.${row}`), Buffer.from(name))
  return batch
}

describe('rows written on another thread', () => {
  test('few and many rows are there once the write answers, and what was removed is not', async () => {
    const database = await disk.open()
    for (const rows of [1, 1000]) {
      const batch = rowBatch(rows, `batch of ${rows}`)
      await database.writeRows('state', batch)
      expect((await database.page('state', {})).rows).toHaveLength(2 * rows)
      const removal = new RowBatch()
      for (let row = 0; row < rows; row++) {
        const key = Buffer.from(`batch of ${rows}.${row}`)
        removal.remove(key.readUInt32BE(0), key.subarray(4))
      }
      await database.writeRows('state', removal)
      expect((await database.page('state', {})).rows).toEqual([])
    }
  })

  test('many writes at once take effect in their order, beside writes of this thread', async () => {
    const database = await disk.open()
    const writes = ['first', 'second', 'last'].map((name) => {
      const batch = new RowBatch()
      for (let row = 0; row < 500; row++) batch.putPlain(Buffer.from(`row ${row}`), Buffer.from(name))
      return database.writeRows('state', batch)
    })
    put(database, 'here')
    await Promise.all(writes)
    const { rows } = await database.page('state', {})
    const values = rows.filter((_, at) => at % 2 === 1).map(String)
    expect(new Set(values)).toEqual(new Set(['value of here', 'last']))
  })

  test('the last row is there only once all others are', async () => {
    const database = await disk.open()
    const batch = new RowBatch()
    for (let row = 0; row < 4000; row++) batch.putPlain(Buffer.from(`row ${row}`), Buffer.from('x'))
    // By its key it comes before all others.
    batch.putPlain(Buffer.from('last'), Buffer.from('x'))
    const isWritten = database.writeRows('state', batch).then(() => true)
    while (!(await Promise.race([isWritten, nextTurn(false)]))) {
      const last = await database.page('state', { keysOnly: true, lt: Buffer.from('m') })
      const { rows } = await database.page('state', { keysOnly: true, rowsMax: 4096 })
      if (last.rows.length > 0) expect(rows).toHaveLength(2 * 4001)
    }
    expect((await database.page('state', { keysOnly: true, rowsMax: 4096 })).rows).toHaveLength(2 * 4001)
  })

  test('closing waits for them, and they are there after opening again', async () => {
    const database = await disk.open()
    const write = database.writeRows('state', rowBatch(5000, 'x'))
    await database.close()
    await write
    await expect(database.writeRows('state', rowBatch(1, 'y'))).rejects.toEqual(refusal('CLOSED'))
    const again = await disk.open()
    expect((await again.page('state', { rowsMax: 4096 })).rows).toHaveLength(2 * 4096)
  })
})

describe('pages', () => {
  test('hold a run of rows, and say whether the range goes on', async () => {
    const database = await disk.open()
    put(database, 'a', 'b', 'c', 'd')
    const keys = async (range: Parameters<Database['page']>[1]): Promise<[string, boolean]> => {
      const { rows, finished } = await database.page('state', range)
      return [rows.flatMap((row, at) => (at % 2 === 0 ? [row.toString()] : [])).join(''), finished]
    }
    expect(await keys({})).toEqual(['abcd', true])
    expect(await keys({ gt: Buffer.from('a'), lt: Buffer.from('d') })).toEqual(['bc', true])
    expect(await keys({ gte: Buffer.from('b'), rowsMax: 2 })).toEqual(['bc', false])
    expect(await keys({ reverse: true, rowsMax: 1 })).toEqual(['d', false])
    expect(await keys({ reverse: true, lt: Buffer.from('c') })).toEqual(['ba', true])
    expect(await keys({ bytesMax: 1 })).toEqual(['a', false])
    expect(await keys({ keysOnly: true, bytesMax: 1.9 })).toEqual(['ab', false])
  })
})

describe('syncing', () => {
  test('finds the write-ahead log that rows were written to, whatever files came and went', async () => {
    const database = await disk.open({ stateMemtableBytes: 64 << 10 })
    const files = new RocksWalFiles(disk.directory)
    const seen = new Set<number>()
    for (let round = 0; round < 12; round++) {
      const before = await walBytes(disk.directory)
      const batch = database.batch()
      for (let row = 0; row < 40; row++) {
        batch.put('state', Buffer.from(`${round}.${row}`), Buffer.alloc(1 << 10, round))
      }
      database.write(batch)
      expect(await walBytes(disk.directory)).not.toEqual(before)
      await database.sync()
      for (const number of await files.numbers()) seen.add(number)
    }
    expect(seen.size).toBeGreaterThan(1)
    await expect(files.sync(Math.max(...seen) + 1)).resolves.toBeUndefined()
  })

  test('is refused once closed', async () => {
    const database = await disk.open()
    await database.close()
    await expect(database.sync()).rejects.toEqual(refusal('CLOSED'))
  })

  test('that failed leaves a database that writes no more, and says what to do', async () => {
    const database = await disk.open()
    put(database, 'a')
    const sync = vi.spyOn(RocksWalFiles.prototype, 'sync').mockRejectedValueOnce(new Error('EIO: i/o error'))
    await expect(database.sync()).rejects.toEqual(refusal('DISK_FAILED'))
    sync.mockRestore()
    expect(() => put(database, 'b')).toThrow('EIO')
    await expect(database.sync()).rejects.toEqual(refusal('DISK_FAILED'))
    await database.close()
    const again = await disk.open()
    put(again, 'b')
    await again.sync()
  })
})

describe('batches', () => {
  test('many batches may be filled at once, and each is written whole', async () => {
    const database = await disk.open()
    const batches = Array.from({ length: 20 }, (_, number) => {
      const batch = database.batch()
      for (let row = 0; row < 10; row++) batch.put('state', Buffer.from(`${number}.${row}`), Buffer.from('x'))
      return batch
    })
    for (const batch of batches.slice(0, 10)) database.write(batch)
    expect((await database.page('state', {})).rows).toHaveLength(200)
    for (const batch of batches.slice(10)) database.write(batch)
    expect((await database.page('state', {})).rows).toHaveLength(400)
  })
})
