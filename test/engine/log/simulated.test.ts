import { describe, expect, test } from 'vitest'
import { millis } from '../../../schemas/ids.ts'
import { SimulatedLog } from '../../../engine/log/simulated.ts'
import { SimulatedLogDisk } from '../../../engine/log/simulated-disk.ts'
import { SimulatedCrash, type SimulatedFaults } from '../../../engine/storage/simulated-faults.ts'
import { entry, readAll, valuesOf } from '../../conformance/frames.ts'
import { logConformance } from '../../conformance/log.ts'
import { blocksOf } from '../../conformance/log-subject.ts'

for (const dropsTrimmed of [false, true]) {
  logConformance(
    dropsTrimmed ? 'simulated, dropping what is trimmed' : 'simulated',
    async () => {
      const disk = new SimulatedLogDisk()
      return {
        open: async (clock) => new SimulatedLog({ clock, disk, dropsTrimmed }),
        dispose: async () => {},
      }
    },
    { modelRuns: 200, isShared: true },
  )
}

const clock = () => millis(0)
const topic = { name: 'events', partitions: 1, retentionMs: 1000 }

const crash = (): never => {
  throw new SimulatedCrash('here')
}

/** Appends and commits under the faults; answers the disk that the crashed process leaves. */
const crashed = async (faults: SimulatedFaults): Promise<SimulatedLogDisk> => {
  const disk = new SimulatedLogDisk()
  const log = new SimulatedLog({ clock, disk, faults })
  await log.createTopics([topic])
  await log.append([entry('events', 0, 'input')]).catch(expectCrash)
  const session = await log.session('task')
  const commit = {
    positions: [{ topic: 'events', partition: 0, offset: 1, newest: 5 }],
    outputs: [entry('events', 0, 'output')],
    changelog: Buffer.from('block'),
  }
  await session.commit(commit).catch(expectCrash)
  return disk
}

const expectCrash = (error: unknown): void => expect(error).toBeInstanceOf(SimulatedCrash)

const left = async (disk: SimulatedLogDisk) => {
  const log = new SimulatedLog({ clock, disk })
  const session = await log.session('task')
  const values = valuesOf(await readAll(log, 'events', 0))
  return {
    values,
    sequence: session.sequence(),
    positions: session.positions().length,
    blocks: await blocksOf(session, 0),
  }
}

describe('faults of the simulated log', () => {
  const nothing = { sequence: 0, positions: 0, blocks: [] }
  const everything = { sequence: 1, positions: 1, blocks: [[1, 'block']] }

  test('a crash before an append leaves nothing of it, a crash after it all', async () => {
    const before = await crashed({ before: (step) => step === 'append' && crash() })
    const after = await crashed({ after: (step) => step === 'append' && crash() })
    expect(await left(before)).toEqual({ values: ['output'], ...everything })
    expect(await left(after)).toEqual({ values: ['input', 'output'], ...everything })
  })

  test('a crash before a commit leaves nothing of it, a crash after it all', async () => {
    const before = await crashed({ before: (step) => step === 'commit' && crash() })
    const after = await crashed({ after: (step) => step === 'commit' && crash() })
    expect(await left(before)).toEqual({ values: ['input'], ...nothing })
    expect(await left(after)).toEqual({ values: ['input', 'output'], ...everything })
  })

  test('logs over one disk are workers that see and fence each other', async () => {
    const disk = new SimulatedLogDisk()
    const one = new SimulatedLog({ clock, disk })
    const other = new SimulatedLog({ clock, disk })
    await one.createTopics([topic])
    let heard = 0
    other.onAppend(() => heard++)
    await one.append([entry('events', 0, 'a')])
    expect([heard, other.endOffset('events', 0)]).toEqual([1, 1])
    const older = await one.session('task')
    await other.session('task')
    await expect(older.commit({ positions: [], outputs: [], changelog: Buffer.alloc(0) })).rejects.toThrow(
      'FENCED',
    )
    await other.close()
    await one.append([entry('events', 0, 'b')])
    expect(heard).toBe(1)
  })
})
