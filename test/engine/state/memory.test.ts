import { describe, expect, test } from 'vitest'
import { MemoryDisk } from '../../../engine/state/memory-disk.ts'
import { MemoryState } from '../../../engine/state/memory.ts'
import { SimulatedCrash, type SimulatedFaults } from '../../../engine/storage/simulated-faults.ts'
import { stateConformance } from '../../conformance/state.ts'

stateConformance(
  'memory',
  async () => {
    const disk = new MemoryDisk()
    return {
      open: async () => new MemoryState({ disk }),
      dispose: async () => {},
    }
  },
  { modelRuns: 200 },
)

const crash = (): never => {
  throw new SimulatedCrash('state-write')
}

const writeUnder = async (faults: SimulatedFaults): Promise<MemoryDisk> => {
  const disk = new MemoryDisk()
  const task = await new MemoryState({ disk, faults }).open('task')
  const write = task.write()
  write.put(1, Buffer.from('a'), Buffer.from('1'))
  write.put(1, Buffer.from('b'), Buffer.from('2'))
  await expect(write.commit(3)).rejects.toThrow(SimulatedCrash)
  return disk
}

const sequenceAndRows = async (disk: MemoryDisk): Promise<[number, number]> => {
  const task = await new MemoryState({ disk }).open('task')
  return [task.sequence(), (await task.scan(1, { limit: 10 })).length]
}

describe('faults of the state in memory', () => {
  test('a crash before the write leaves nothing of it', async () => {
    expect(await sequenceAndRows(await writeUnder({ before: crash }))).toEqual([0, 0])
  })

  test('a crash after the write leaves all of it', async () => {
    expect(await sequenceAndRows(await writeUnder({ after: crash }))).toEqual([3, 2])
  })
})
