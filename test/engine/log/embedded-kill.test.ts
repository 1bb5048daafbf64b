import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { millis } from '../../../schemas/ids.ts'
import { EmbeddedLog } from '../../../engine/log/embedded.ts'
import { RocksState } from '../../../engine/state/rocksdb.ts'
import { KeptProcess } from '../../../services/native/kept.ts'
import { ScratchDisk } from '../../conformance/disk.ts'
import { readAll, valuesOf } from '../../conformance/frames.ts'
import { blocksOf } from '../../conformance/log-subject.ts'

const ROUNDS = 6
const WRITER = fileURLToPath(new URL('kill-writer.ts', import.meta.url))

interface Acknowledged {
  appended: number
  committed: number
}

/** Runs the writer until it has acknowledged `lines` things, and kills it in the middle of the next ones. */
const runAndKill = async (directory: string, lines: number): Promise<Acknowledged> => {
  const writer = new KeptProcess({ program: process.execPath, args: [WRITER, directory] })
  writer.stderr.pipe(process.stderr)
  const acknowledged: Acknowledged = { appended: 0, committed: 0 }
  let left = lines
  for await (const line of createInterface({ input: writer.stdout })) {
    const [what, count] = line.split(' ')
    if (what === 'appended') acknowledged.appended = Number(count)
    if (what === 'committed') acknowledged.committed = Number(count)
    if (--left === 0) writer.signal('SIGKILL')
  }
  await writer.ended
  expect(writer.endedWith).toBe('SIGKILL')
  return acknowledged
}

test('after kill -9 everything acknowledged is there, and log, positions and state agree', async () => {
  const disk = await ScratchDisk.make()
  for (let round = 1; round <= ROUNDS; round++) {
    const acknowledged = await runAndKill(disk.directory, round * 97)
    const database = await disk.open()
    const log = await EmbeddedLog.open(database, { clock: () => millis(0) })
    const session = await log.session('task')
    const task = await (await RocksState.open(database)).open('task')

    const input = valuesOf(await readAll(log, 'in', 0))
    expect(input.length).toBeGreaterThanOrEqual(acknowledged.appended)
    expect(input).toEqual(input.map((_, at) => String(at)))

    expect(session.sequence()).toBeGreaterThanOrEqual(acknowledged.committed)
    const copied = session.positions()[0]?.offset ?? 0
    expect(valuesOf(await readAll(log, 'out', 0))).toEqual(input.slice(0, copied))

    const [row] = await task.getMany(0, [Buffer.from('sequence')])
    expect(Number(row?.toString() ?? 0)).toBe(task.sequence())
    expect(task.sequence()).toBeLessThanOrEqual(session.sequence())
    const blocks = (await blocksOf(session, task.sequence())).map(([sequence]) => sequence)
    const missing = session.sequence() - task.sequence()
    expect(blocks).toEqual(Array.from({ length: missing }, (_, at) => task.sequence() + 1 + at))
    await log.close()
    await database.close()
  }
  await disk.dispose()
})
