import { expect, test } from 'vitest'
import { millis } from '../../../schemas/ids.ts'
import { EmbeddedLog } from '../../../engine/log/embedded.ts'
import { ScratchDisk } from '../../conformance/disk.ts'
import { entry } from '../../conformance/frames.ts'
import { logConformance } from '../../conformance/log.ts'
import { blocksOf, commitOf, refusal } from '../../conformance/log-subject.ts'

logConformance(
  'embedded, read from memory',
  async () => {
    const disk = await ScratchDisk.make()
    return {
      open: async (clock) => EmbeddedLog.open(await disk.open(), { clock }),
      dispose: () => disk.dispose(),
    }
  },
  { modelRuns: 12 },
)

logConformance(
  'embedded, read from disk',
  async () => {
    const disk = await ScratchDisk.make()
    return {
      open: async (clock) => EmbeddedLog.open(await disk.open(), { clock, tailBytesMax: 0 }),
      dispose: () => disk.dispose(),
    }
  },
  { modelRuns: 12 },
)

const topic = { name: 'events', partitions: 1, retentionMs: 1000 }

const withLog = async (run: (log: EmbeddedLog, disk: ScratchDisk) => Promise<void>): Promise<void> => {
  const disk = await ScratchDisk.make()
  const log = await EmbeddedLog.open(await disk.open(), { clock: () => millis(0) })
  await log.createTopics([topic])
  try {
    await run(log, disk)
  } finally {
    await log.close()
    await disk.dispose()
  }
}

test('an appended record is not readable before it is durable', async () => {
  await withLog(async (log) => {
    const appending = log.append([entry('events', 0, 'a')])
    expect(log.endOffset('events', 0)).toBe(0)
    expect(await log.read('events', 0, 0, 100)).toEqual([])
    await appending
    expect(log.endOffset('events', 0)).toBe(1)
  })
})

test('closing waits for what was appended before', async () => {
  await withLog(async (log) => {
    const appending = log.append([entry('events', 0, 'a')])
    await log.close()
    expect(log.endOffset('events', 0)).toBe(1)
    await appending
  })
})

test('trimmed blocks are gone, and a state that lacks them is refused rather than left wrong', async () => {
  await withLog(async (log) => {
    const session = await log.session('task')
    for (let at = 1; at <= 1500; at++) await session.commit(commitOf({ changelog: Buffer.from(`${at}`) }))
    await session.trimChangelog(1498)
    await expect(blocksOf(session, 0)).rejects.toEqual(refusal('STATE_CORRUPT'))
    await expect(blocksOf(session, 1497)).rejects.toEqual(refusal('STATE_CORRUPT'))
    expect(await blocksOf(session, 1498)).toEqual([
      [1499, '1499'],
      [1500, '1500'],
    ])
  })
})

test('a retention that is changed counts from then on, and is kept', async () => {
  const disk = await ScratchDisk.make()
  let now = 0
  const open = async (): Promise<EmbeddedLog> =>
    EmbeddedLog.open(await disk.open(), { clock: () => millis(now) })
  let log = await open()
  await log.createTopics([topic])
  await log.append([entry('events', 0, 'a')])
  await log.createTopics([{ ...topic, retentionMs: Infinity }])
  await log.close()
  log = await open()
  now = 1e12
  await log.enforceRetention(millis(now))
  expect(log.startOffset('events', 0)).toBe(0)
  await log.createTopics([topic])
  await log.enforceRetention(millis(now))
  expect(log.startOffset('events', 0)).toBe(1)
  await log.close()
  await disk.dispose()
})
